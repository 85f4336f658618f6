//! One server: its address, its connections, what it says about itself.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use atrium_api::com::atproto::server::describe_server;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::exchange::Call;
use super::pace::Pace;
use crate::error::{Error, Result};
use crate::remote::https::http_client;
use crate::remote::waits::Waits;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a connection is kept for the next request. Node closes idle ones after 5 s; a request that meets the
/// closing one might have been read or not.
const IDLE: Duration = Duration::from_secs(4);

/// A server.
#[derive(Clone)]
pub struct Pds {
    inner: Arc<Inner>,
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

/// What a server says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its identity.
    pub did: String,
    /// The largest blob it takes, in bytes; servers before 0.5 do not say.
    pub blob_upload_limit: Option<u64>,
    /// What handles on it end with: `.at.aesthetic.computer`.
    pub user_domains: Vec<String>,
    /// Whether nobody gets an account without a code of the operator's.
    pub needs_invite_code: bool,
    /// Whether it tells its rate limits. It does not where there are none, or none for us.
    pub announces_limits: bool,
}

impl Pds {
    /// The server at that address. `bypass_key` exempts from its rate limits.
    ///
    /// # Errors
    /// When the key cannot be sent, or the system has no secure connections.
    pub fn new(url: &Url, bypass_key: Option<&SecretString>) -> Result<Pds> {
        Pds::sharing(Waits::default(), url, bypass_key)
    }

    /// The same, where whoever has to wait for it does so among those who wait for others.
    ///
    /// # Errors
    /// As [`Pds::new`].
    pub fn sharing(waits: Waits, url: &Url, bypass_key: Option<&SecretString>) -> Result<Pds> {
        let mut headers = HeaderMap::new();
        if let Some(key) = bypass_key {
            let mut value = HeaderValue::from_str(key.expose_secret()).map_err(|_| Error::Setting {
                name: "PDS_RATE_LIMIT_BYPASS_KEY",
                what: "holds characters that no header can carry".into(),
            })?;
            value.set_sensitive(true);
            headers.insert("x-ratelimit-bypass", value);
        }
        let http = RwLock::new(connections(&headers)?);
        let url = url.as_str().trim_end_matches('/').to_owned();
        Ok(Pds { inner: Arc::new(Inner { url, headers, http, pace: Pace::new(waits) }) })
    }

    /// Its address, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// Its rate limits as far as they have been seen.
    #[must_use]
    pub fn pace(&self) -> &Pace {
        &self.inner.pace
    }

    /// What it says about itself. To ask this first also tells its general rate limit.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn describe(&self) -> Result<Server> {
        let call = Call::read(describe_server::NSID);
        let output: describe_server::OutputData = self.query(call, None::<()>).await?;
        Ok(Server {
            did: output.did.to_string(),
            blob_upload_limit: output.blob_upload_limit.and_then(|limit| u64::try_from(limit).ok()),
            user_domains: output.available_user_domains.clone(),
            needs_invite_code: output.invite_code_required == Some(true),
            announces_limits: !self.pace().limits().is_empty(),
        })
    }

    pub(super) fn http(&self) -> reqwest::Client {
        self.inner.http.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets the open connections, among them one that the server is about to close.
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
        // A redirect would carry a session to somebody else.
        .redirect(Policy::none())
        .build();
    client.map_err(|source| Error::Unavailable { call: "https", attempts: 1, source: source.into() })
}
