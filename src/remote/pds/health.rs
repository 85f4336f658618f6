//! Whether the server is there at all, which release it is, and what time it thinks it is.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::DATE;
use serde::Deserialize;

use super::client::Pds;
use crate::error::{Cause, Error, RemoteError, Result};

/// Where servers say how they are; no method of the protocol's.
const HEALTH: &str = "_health";

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Its release, if it tells.
    pub version: Option<String>,
    /// How far its clock is ahead of ours, to a second, if it tells the time.
    pub ahead: Option<SignedDuration>,
}

#[derive(Default, Deserialize)]
struct Report {
    version: Option<String>,
}

impl Pds {
    /// Asks how it is, once: who asks this wants to hear at once what is wrong.
    ///
    /// # Errors
    /// When it does not answer, or says that it is not well.
    pub async fn health(&self) -> Result<Health> {
        let failed = |source: Cause| Error::Remote(RemoteError::Unavailable { call: HEALTH, attempts: 1, source });
        let asked = Timestamp::now();
        let request = self.http().get(format!("{}/xrpc/{HEALTH}", self.url())).timeout(PATIENCE);
        let answer = request.send().await.map_err(|error| failed(error.without_url().into()))?;
        let answered = Timestamp::now();
        let date = answer.headers().get(DATE).and_then(|date| jiff::fmt::rfc2822::parse(date.to_str().ok()?).ok());
        let ahead = date.map(|date| {
            // Cut to the second: on average half of one is missing.
            let theirs = date.timestamp() + SignedDuration::from_millis(500);
            theirs.duration_since(asked + asked.duration_until(answered) / 2)
        });
        if answer.status().is_server_error() {
            return Err(failed(format!("it answered with {}", answer.status()).into()));
        }
        let report: Report = serde_json::from_slice(&answer.bytes().await.unwrap_or_default()).unwrap_or_default();
        Ok(Health { version: report.version, ahead })
    }
}
