//! A server: its address, its connections, its rate limits.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::pace::Pace;
use crate::error::{ConfigError, Error, Result};
use crate::remote::https::{built, http_client};
use crate::remote::waits::Waits;

/// The timeout of a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// How long an idle connection is kept. Node closes idle ones after 5 s, and a request that is sent then may or may not
/// have been read.
const IDLE: Duration = Duration::from_secs(4);

/// A server.
#[derive(Clone)]
pub struct Pds {
    inner: Arc<Inner>,
    waits: Waits,
}

struct Inner {
    url: String,
    headers: HeaderMap,
    http: RwLock<reqwest::Client>,
    pace: Pace,
}

impl fmt::Debug for Pds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pds").field("url", &self.inner.url).finish_non_exhaustive()
    }
}

impl Pds {
    /// The server at that address. `bypass_key` exempts from its rate limits.
    ///
    /// # Errors
    /// If the key cannot be sent, or the system has no TLS.
    pub fn new(url: &Url, bypass_key: Option<&SecretString>) -> Result<Pds> {
        Pds::sharing(Waits::default(), url, bypass_key)
    }

    /// As [`Pds::new`], with waits that are shared with other servers.
    ///
    /// # Errors
    /// As [`Pds::new`].
    pub fn sharing(waits: Waits, url: &Url, bypass_key: Option<&SecretString>) -> Result<Pds> {
        let mut headers = HeaderMap::new();
        if let Some(key) = bypass_key {
            let mut value = HeaderValue::from_str(key.expose_secret()).map_err(|_| {
                Error::Config(ConfigError::Setting {
                    name: "PDS_RATE_LIMIT_BYPASS_KEY",
                    what: "contains characters that a header cannot carry".into(),
                })
            })?;
            value.set_sensitive(true);
            headers.insert("x-ratelimit-bypass", value);
        }
        let http = RwLock::new(connections(&headers)?);
        let url = url.as_str().trim_end_matches('/').to_owned();
        Ok(Pds { inner: Arc::new(Inner { url, headers, http, pace: Pace::default() }), waits })
    }

    /// The same server for one piece of work, whose waits also end when `stop` is cancelled.
    #[must_use]
    pub fn stopped_by(&self, stop: &CancellationToken) -> Pds {
        Pds { inner: self.inner.clone(), waits: self.waits.stopped_by(stop) }
    }

    /// Its address, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// Its rate limits, as far as known.
    #[must_use]
    pub fn pace(&self) -> &Pace {
        &self.inner.pace
    }

    /// The waits for it.
    #[must_use]
    pub fn waits(&self) -> &Waits {
        &self.waits
    }

    pub(super) fn http(&self) -> reqwest::Client {
        self.inner.http.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Drops the open connections, among them one that the server is about to close.
    pub(super) fn reconnect(&self) {
        if let Ok(fresh) = connections(&self.inner.headers) {
            *self.inner.http.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
    }
}

fn connections(headers: &HeaderMap) -> Result<reqwest::Client> {
    let client = http_client()
        .user_agent(concat!("telecine/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers.clone())
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        // A redirect would send a session to another server.
        .redirect(Policy::none());
    built(client)
}
