//! Checks whether the server responds, its release, and its clock.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::DATE;
use serde::Deserialize;

use super::client::Pds;
use crate::error::{Cause, Error, RemoteError, Result};

/// The health check of servers; not a method of the protocol.
const HEALTH: &str = "_health";

/// The timeout of the response.
const PATIENCE: Duration = Duration::from_secs(10);

/// The state of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Its release, if known.
    pub version: Option<String>,
    /// How far its clock is ahead of ours, to a second, if known.
    pub ahead: Option<SignedDuration>,
}

#[derive(Default, Deserialize)]
struct Report {
    version: Option<String>,
}

impl Pds {
    /// Queries the health once, without retries, because callers want to know problems at once.
    ///
    /// # Errors
    /// If it does not respond, or is not healthy.
    pub async fn health(&self) -> Result<Health> {
        let failed = |source: Cause| Error::Remote(RemoteError::Unavailable { call: HEALTH, attempts: 1, source });
        let asked = Timestamp::now();
        let request = self.http().get(format!("{}/xrpc/{HEALTH}", self.url())).timeout(PATIENCE);
        let answer = request.send().await.map_err(|error| failed(error.without_url().into()))?;
        let answered = Timestamp::now();
        let date = answer.headers().get(DATE).and_then(|date| jiff::fmt::rfc2822::parse(date.to_str().ok()?).ok());
        let ahead = date.map(|date| {
            // Truncated to a second: on average half a second is missing.
            let theirs = date.timestamp() + SignedDuration::from_millis(500);
            theirs.duration_since(asked + asked.duration_until(answered) / 2)
        });
        if answer.status().is_server_error() {
            return Err(failed(format!("server returned {}", answer.status()).into()));
        }
        let report: Report = serde_json::from_slice(&answer.bytes().await.unwrap_or_default()).unwrap_or_default();
        Ok(Health { version: report.version, ahead })
    }
}
