//! A request and its response: paced, retried if safe, with failures classified.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::time::timeout;
use tokio_util::io::ReaderStream;

use super::client::Pds;
use super::pace::{Kind, Toll};
use super::receive::Sink;
use crate::error::{Cause, Error, RemoteError, Result};
use crate::remote::backoff::Backoff;

/// How long a server may be silent, before or during a response. The reference PDS allows itself 60 s for a batch with
/// blobs.
const SILENCE: Duration = Duration::from_secs(75);

/// The slowest acceptable upload, in bytes per second.
const SLOWEST: u64 = 32 * 1024;

/// The longest response: above the installer's limit of 100 MiB for blobs; a repo of 18,205 records is 5.2 MB.
pub(super) const MOST_ANSWER: u64 = 256 << 20;

/// The longest error response that is read.
const MOST_COMPLAINT: usize = 64 << 10;

/// How often a 429 is waited for. After that, another client at this address is using up the limit.
const MOST_LIMITED: u32 = 8;

/// A method and how to call it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    pub nsid: &'static str,
    pub toll: Toll<'a>,
    /// The operator's password, for administration.
    admin_password: Option<&'a SecretString>,
    /// Whether it is idempotent.
    is_repeatable: bool,
}

impl<'a> Call<'a> {
    /// Reads public data.
    pub fn read(nsid: &'static str) -> Self {
        let toll = Toll { kind: Kind::Read, points: 1, account: "" };
        Call { nsid, toll, admin_password: None, is_repeatable: true }
    }

    /// Reads a whole repo.
    pub fn read_repo(nsid: &'static str) -> Self {
        let toll = Toll { kind: Kind::Repo, points: 1, account: "" };
        Call { toll, ..Call::read(nsid) }
    }

    /// Starts a session.
    pub fn log_in(nsid: &'static str, account: &'a str) -> Self {
        Call { toll: Toll { kind: Kind::Login, points: 1, account }, ..Call::read(nsid) }
    }

    /// Creates an account. These requests share a limiter.
    pub fn join(nsid: &'static str) -> Self {
        Call { is_repeatable: false, ..Call::log_in(nsid, "") }
    }

    /// An operation of the operator; must be idempotent.
    pub fn administer(nsid: &'static str, password: &'a SecretString) -> Self {
        Call { admin_password: Some(password), ..Call::read(nsid) }
    }

    /// Extends a session, which only the general limiter counts.
    pub fn refresh(nsid: &'static str) -> Self {
        Call::read(nsid)
    }

    /// Uploads a blob.
    pub fn upload(nsid: &'static str, did: &'a str) -> Self {
        let toll = Toll { kind: Kind::Upload, points: 1, account: did };
        Call { toll, ..Call::read(nsid) }
    }

    /// Writes to a repo.
    pub fn write(nsid: &'static str, points: u32, did: &'a str) -> Self {
        let toll = Toll { kind: Kind::Write, points, account: did };
        Call { toll, is_repeatable: false, ..Call::read(nsid) }
    }
}

/// The body of a request.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Nothing,
    Bytes { bytes: Bytes, mime_type: String },
    File { path: PathBuf, size: u64, mime_type: String },
}

impl Content {
    fn size(&self) -> u64 {
        match self {
            Content::Nothing => 0,
            Content::Bytes { bytes, .. } => bytes.len() as u64,
            Content::File { size, .. } => *size,
        }
    }
}

/// A request, ready to be sent any number of times.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub call: Call<'a>,
    pub method: Method,
    /// Without the question mark.
    pub query: String,
    pub content: Content,
    /// The token of a session.
    pub bearer: Option<SecretString>,
}

/// The response to a successful request.
#[derive(Debug)]
pub(super) struct Answer {
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// The error response of a server.
#[derive(Debug, Default, Deserialize)]
struct Complaint {
    #[serde(default)]
    error: String,
    #[serde(default)]
    message: String,
}

/// The failure of one attempt.
enum Failure {
    /// The server has not seen it.
    Unsent(Cause),
    /// The server may have done it.
    Lost(Cause),
    /// The server has not done it and limits its rate; `is_announced` tells whether it has sent the time.
    Limited { status: StatusCode, is_announced: bool },
    /// A retry would fail in the same way.
    Final(Error),
}

impl Pds {
    /// Sends a request, with retries.
    pub(super) async fn exchange(&self, request: &Request<'_>) -> Result<Answer> {
        let mut sink = Sink::memory(MOST_ANSWER);
        let headers = self.receive(request, &mut sink).await?;
        Ok(Answer { headers, body: sink.into_bytes() })
    }

    /// The same for a response that may be long.
    pub(super) async fn receive(&self, request: &Request<'_>, sink: &mut Sink<'_>) -> Result<HeaderMap> {
        let nsid = request.call.nsid;
        let mut backoff = Backoff::new();
        let mut limited = 0;
        loop {
            let (source, was_sent): (Cause, bool) = match self.attempt(request, sink).await? {
                Ok(headers) => return Ok(headers),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Limited { is_announced: true, .. }) if limited < MOST_LIMITED => {
                    limited += 1;
                    continue;
                }
                Err(Failure::Limited { status, .. }) => (format!("{status}: rate limited").into(), false),
                Err(Failure::Unsent(source)) => (source, false),
                Err(Failure::Lost(source)) => (source, true),
            };
            if was_sent && !request.call.is_repeatable {
                return Err(Error::Remote(RemoteError::Uncertain { call: nsid, source }));
            }
            tracing::debug!(nsid, attempt = backoff.attempts(), cause = %source, "no response");
            if !backoff.again().await {
                return Err(Error::Remote(RemoteError::Unavailable {
                    call: nsid,
                    attempts: backoff.attempts(),
                    source,
                }));
            }
        }
    }

    async fn attempt(&self, request: &Request<'_>, sink: &mut Sink<'_>) -> Result<Result<HeaderMap, Failure>> {
        let builder = self.builder(request).await?;
        let admission = self.pace().admit(self.waits(), request.call.toll).await?;
        let patience = SILENCE + Duration::from_secs(request.content.size() / SLOWEST);
        let started = Instant::now();
        let mut response = match timeout(patience, builder.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) if error.is_connect() => return Ok(Err(Failure::Unsent(error.without_url().into()))),
            Ok(Err(error)) => return Ok(Err(Failure::Lost(error.without_url().into()))),
            Err(elapsed) => return Ok(Err(Failure::Lost(elapsed.into()))),
        };
        let (status, headers) = (response.status(), response.headers().clone());
        tracing::debug!(nsid = request.call.nsid, status = status.as_u16(), after = ?started.elapsed(), "answered");
        let is_announced = admission.settle(&headers, status);
        let mut body = Vec::new();
        sink.restart().await?;
        loop {
            match timeout(SILENCE, response.chunk()).await {
                Ok(Ok(Some(chunk))) if status.is_success() => {
                    if !sink.take(&chunk).await? {
                        let source = "response exceeds its limit".into();
                        return Ok(Err(Failure::Final(Error::Remote(RemoteError::Answer {
                            call: request.call.nsid,
                            source,
                        }))));
                    }
                }
                Ok(Ok(Some(chunk))) if body.len() + chunk.len() <= MOST_COMPLAINT => body.extend_from_slice(&chunk),
                // For an error status, the body is optional.
                Ok(Ok(None | Some(_))) => break,
                _ if !status.is_success() => break,
                Ok(Err(error)) => return Ok(Err(Failure::Lost(error.without_url().into()))),
                Err(elapsed) => return Ok(Err(Failure::Lost(elapsed.into()))),
            }
        }
        if status.is_success() {
            return Ok(Ok(headers));
        }
        let complaint = serde_json::from_slice::<Complaint>(&body).unwrap_or_default();
        Ok(Err(self.failure(request, status, complaint, is_announced)))
    }

    async fn builder(&self, request: &Request<'_>) -> Result<reqwest::RequestBuilder> {
        let Request { call, method, query, content, bearer } = request;
        let mark = if query.is_empty() { "" } else { "?" };
        let url = format!("{}/xrpc/{}{mark}{query}", self.url(), call.nsid);
        let mut builder = self.http().request(method.clone(), url);
        if let Some(token) = bearer {
            builder = builder.bearer_auth(token.expose_secret());
        }
        if let Some(password) = call.admin_password {
            builder = builder.basic_auth("admin", Some(password.expose_secret()));
        }
        Ok(match content {
            Content::Nothing => builder,
            Content::Bytes { bytes, mime_type } => builder.header(CONTENT_TYPE, mime_type).body(bytes.clone()),
            Content::File { path, size, mime_type } => {
                let file = tokio::fs::File::open(path).await.map_err(Error::read(path))?;
                let body = reqwest::Body::wrap_stream(ReaderStream::with_capacity(file, 64 * 1024));
                builder.header(CONTENT_TYPE, mime_type).header(CONTENT_LENGTH, *size).body(body)
            }
        })
    }

    fn failure(&self, request: &Request<'_>, status: StatusCode, complaint: Complaint, is_announced: bool) -> Failure {
        let call = request.call.nsid;
        let Complaint { error: name, message } = complaint;
        match status {
            StatusCode::TOO_MANY_REQUESTS => return Failure::Limited { status, is_announced },
            StatusCode::PAYLOAD_TOO_LARGE => {
                // The server closes this connection without notice.
                self.reconnect();
                return Failure::Final(Error::Remote(RemoteError::TooLarge { call, size: request.content.size() }));
            }
            _ if name == "InvalidSwap" => return Failure::Final(Error::Remote(RemoteError::InvalidSwap { call })),
            // Proxies send no error names, and the server has not seen a request that a proxy refuses. A gateway error,
            // however, may follow a request that was carried out.
            _ if is_announced && (name.is_empty() || status.is_server_error()) && request.call.is_repeatable => {
                return Failure::Limited { status, is_announced };
            }
            _ if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
                let status = status.as_u16();
                return Failure::Lost(format!("{status} {name}: {message}").into());
            }
            _ => {}
        }
        Failure::Final(Error::Remote(RemoteError::Refused { call, status: status.as_u16(), name, message }))
    }
}
