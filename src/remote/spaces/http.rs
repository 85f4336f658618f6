//! The HTTP client for files, and the pauses that the server requests.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::error::Result;
use crate::remote::https::{built, http_client};
use crate::remote::retry_after::retry_after;
use crate::remote::waits::{Waits, Want};

/// How long a server may be silent during a response.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The timeout of a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The client, and the end of its current pause.
#[derive(Debug, Clone)]
pub struct Http {
    pub client: Client,
    paused: Arc<Mutex<Option<Instant>>>,
    waits: Waits,
}

impl Http {
    /// A client for all files.
    pub fn new(waits: Waits) -> Result<Http> {
        let client = http_client()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            // Addresses are checked, but the targets of redirects are not.
            .redirect(Policy::none())
            // Downloads are resumed at positions in the stored bytes.
            .no_gzip();
        Ok(Http { client: built(client)?, paused: Arc::default(), waits })
    }

    /// The same, whose waits also end when `stop` is cancelled.
    pub fn stopped_by(&self, stop: &CancellationToken) -> Http {
        Http { waits: self.waits.stopped_by(stop), ..self.clone() }
    }

    /// Waits for the end of the pause.
    ///
    /// # Errors
    /// [`RemoteError::Postponed`] and [`Error::Interrupted`].
    pub async fn admit(&self) -> Result<()> {
        loop {
            let paused = *self.paused.lock().unwrap_or_else(PoisonError::into_inner);
            match paused.filter(|until| Instant::now() < *until) {
                Some(until) => self.waits.wait(Want { kind: "files", account: None }, until).await?,
                None => return Ok(()),
            }
        }
    }

    /// Notes the pause that a response requests. Returns whether it requests one.
    pub fn settle(&self, answer: &Response) -> bool {
        let pause = retry_after(answer.headers()).filter(|_| !answer.status().is_success());
        if let Some(pause) = pause {
            let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
            *paused = paused.max(Some(Instant::now() + pause));
        }
        pause.is_some()
    }
}
