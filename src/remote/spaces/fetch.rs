//! Fetches over HTTP: checks sizes before and after, and resumes interrupted downloads.

use std::path::Path;

use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderValue, IF_MATCH, RANGE};
use reqwest::{Response, StatusCode};
use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use url::Url;

use crate::error::{AddressProblem, Cause, Error, RemoteError, Result};
use crate::remote::backoff::Backoff;

use super::encoding::{self, Encoding};
use super::http::Http;

/// How often `Retry-After` is honoured per file.
const MOST_PAUSES: u32 = 8;

/// The address of a file, and its public form.
pub struct FileUrl {
    /// May contain a signature: never shown.
    pub url: Url,
    pub public: String,
}

/// Why an attempt failed.
enum Failure {
    /// A retry may succeed.
    Transient(Cause),
    /// A retry may succeed after the pause that the server requests.
    Later(Cause),
    /// A retry cannot succeed.
    Permanent(Error),
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        // The error's text would include the signature.
        Failure::Transient(error.without_url().into())
    }
}

/// The size of a file in bytes, or `None` if it does not exist.
pub async fn size(http: &Http, from: &FileUrl) -> Result<Option<u64>> {
    let attempt = || async {
        http.admit().await.map_err(Failure::Permanent)?;
        let answer = http.client.head(from.url.clone()).send().await?;
        let Some(answer) = accepted(http, answer, from)? else { return Ok(None) };
        // Not the length of this response's body, which is empty.
        let length = answer.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        length.map(Some).ok_or_else(|| Failure::Transient("response has no length".into()))
    };
    repeat(from, attempt).await
}

/// Fetches a file into an existing one.
pub async fn download(http: &Http, from: &FileUrl, limit: u64, into: &Path) -> Result<Option<u64>> {
    let file = File::options().write(true).truncate(true).open(into).await;
    let file = file.map_err(Error::scratch)?;
    let mut partial = Partial { file, received: 0, etag: None, encodings: Vec::new() };
    let mut attempts = Attempts::new();
    let mut most = 0;
    let size = loop {
        match partial.receive(http, from, limit).await {
            Ok(size) => break size,
            Err(failure) => {
                if partial.received > most {
                    // There is progress; only attempts without progress count.
                    most = partial.received;
                    attempts = Attempts::new();
                }
                attempts.again(failure, from).await?;
            }
        }
    };
    match size {
        Some(_) if !partial.encodings.is_empty() => {
            encoding::undo(&from.public, &partial.encodings, limit, into).await.map(Some)
        }
        size => Ok(size),
    }
}

/// Counts attempts of either kind.
struct Attempts {
    backoff: Backoff,
    pauses: u32,
}

impl Attempts {
    fn new() -> Self {
        Attempts { backoff: Backoff::new(), pauses: 0 }
    }

    /// Waits before the next attempt, if there is one.
    async fn again(&mut self, failure: Failure, from: &FileUrl) -> Result<()> {
        let source = match failure {
            Failure::Permanent(error) => return Err(error),
            Failure::Later(_) if self.pauses < MOST_PAUSES => {
                self.pauses += 1;
                return Ok(());
            }
            Failure::Later(source) | Failure::Transient(source) => source,
        };
        if self.backoff.again().await {
            return Ok(());
        }
        Err(Error::Remote(RemoteError::Download {
            url: from.public.clone(),
            attempts: self.backoff.attempts(),
            source,
        }))
    }
}

/// An incomplete file.
struct Partial {
    file: File,
    received: u64,
    /// Identifies the version of the file.
    etag: Option<HeaderValue>,
    /// Its content encodings.
    encodings: Vec<Encoding>,
}

impl Partial {
    /// Receives the missing part.
    async fn receive(&mut self, http: &Http, from: &FileUrl, limit: u64) -> Result<Option<u64>, Failure> {
        http.admit().await.map_err(Failure::Permanent)?;
        let mut request = http.client.get(from.url.clone());
        if self.received > 0 {
            request = request.header(RANGE, format!("bytes={}-", self.received));
            if let Some(etag) = &self.etag {
                request = request.header(IF_MATCH, etag);
            }
        }
        let answer = request.send().await?;
        let goes_on = answer.status() == StatusCode::PARTIAL_CONTENT && self.continues(&answer);
        let is_other = match answer.status() {
            StatusCode::PARTIAL_CONTENT => !goes_on,
            status => matches!(status, StatusCode::PRECONDITION_FAILED | StatusCode::RANGE_NOT_SATISFIABLE),
        };
        if is_other || (answer.status().is_success() && !goes_on) {
            self.rewind().await.map_err(|error| Failure::Permanent(Error::scratch(error)))?;
        }
        if is_other {
            return Err(Failure::Transient("file changed during the download".into()));
        }
        let Some(mut answer) = accepted(http, answer, from)? else { return Ok(None) };
        self.etag = answer.headers().get(ETAG).cloned();
        let named = answer.headers().get_all(CONTENT_ENCODING);
        self.encodings = Encoding::read(&from.public, named).map_err(Failure::Permanent)?;
        let total = answer.content_length().map(|length| self.received + length);
        if let Some(total) = total.filter(|&total| total > limit) {
            return Err(Failure::Permanent(too_large(from, total, limit)));
        }
        while let Some(chunk) = answer.chunk().await? {
            self.received += chunk.len() as u64;
            if self.received > limit {
                return Err(Failure::Permanent(too_large(from, self.received, limit)));
            }
            self.file.write_all(&chunk).await.map_err(|error| Failure::Permanent(Error::scratch(error)))?;
        }
        self.file.flush().await.map_err(|error| Failure::Permanent(Error::scratch(error)))?;
        match total {
            Some(total) if total != self.received => {
                let what = format!("received {} of {total} bytes", self.received);
                Err(Failure::Transient(what.into()))
            }
            _ => Ok(Some(self.received)),
        }
    }

    /// Whether a response continues the same file at our position. Servers may start over instead, and not all of them
    /// support `If-Match`.
    fn continues(&self, answer: &Response) -> bool {
        if answer.headers().get(ETAG) != self.etag.as_ref() {
            return false;
        }
        let begins = format!("bytes {}-", self.received);
        let range = answer.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
        range.is_some_and(|range| range.starts_with(&begins))
    }

    async fn rewind(&mut self) -> std::io::Result<()> {
        self.received = 0;
        self.etag = None;
        self.file.set_len(0).await?;
        self.file.rewind().await.map(|_| ())
    }
}

/// The response if it is successful, `None` if the file does not exist.
fn accepted(http: &Http, answer: Response, from: &FileUrl) -> Result<Option<Response>, Failure> {
    let url = || from.public.clone();
    if http.settle(&answer) {
        return Err(Failure::Later(format!("server returned {}", answer.status()).into()));
    }
    match answer.status() {
        status if status.is_success() => Ok(Some(answer)),
        StatusCode::NOT_FOUND => Ok(None),
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => {
            Err(Failure::Permanent(Error::Remote(RemoteError::NotReadable { url: url() })))
        }
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            Err(Failure::Transient(format!("server returned {status}").into()))
        }
        status => {
            let problem = AddressProblem::Declined { status: status.to_string() };
            Err(Failure::Permanent(Error::Remote(RemoteError::Address { url: url(), problem })))
        }
    }
}

async fn repeat<T, F>(from: &FileUrl, attempt: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut attempts = Attempts::new();
    loop {
        match attempt().await {
            Ok(done) => return Ok(done),
            Err(failure) => attempts.again(failure, from).await?,
        }
    }
}

fn too_large(from: &FileUrl, bytes: u64, limit: u64) -> Error {
    let (value, limit) = (format!("{bytes} bytes"), format!("{limit} bytes"));
    Error::Limit { what: format!("{} has", from.public), value, limit, bound: None }
}
