//! Fetching over HTTP: sizes are checked before and after, and what broke off is taken up where it did.

use std::path::Path;
use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderValue, IF_MATCH, RANGE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use crate::error::{Cause, Error, Result};
use crate::remote::backoff::Backoff;

use super::Location;

/// How long a server may be silent in the middle of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How long it may take to answer the telephone.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The client for all files.
pub fn client() -> Result<Client> {
    let client = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        // The addresses are checked; where they would send us is not.
        .redirect(Policy::none())
        .no_gzip()
        .build();
    client.map_err(|error| Error::Address { url: "https".into(), what: format!("cannot be spoken: {error}") })
}

/// Why an attempt failed.
enum Failure {
    /// It may succeed another time.
    Transient(Cause),
    /// It will not.
    Permanent(Error),
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        // Its text would show the signature.
        Failure::Transient(error.without_url().into())
    }
}

/// How many bytes the file has, or `None` if there is none.
pub async fn size(http: &Client, location: &Location) -> Result<Option<u64>> {
    let attempt = || async {
        let Some(answer) = accepted(http.head(location.url.clone()).send().await?, location)? else { return Ok(None) };
        // Not the length of this body, which is none.
        let length = answer.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        length.map(Some).ok_or_else(|| Failure::Transient("it does not say how long it is".into()))
    };
    repeat(location, attempt).await
}

/// Fetches a file into one that is there.
pub async fn download(http: &Client, location: &Location, limit: u64, into: &Path) -> Result<Option<u64>> {
    let file = File::options().write(true).truncate(true).open(into).await;
    let mut partial = Partial { file: file.map_err(scratch)?, received: 0, etag: None };
    let mut backoff = Backoff::new();
    let mut most = 0;
    loop {
        match partial.receive(http, location, limit).await {
            Ok(size) => return Ok(size),
            Err(Failure::Permanent(error)) => return Err(error),
            Err(Failure::Transient(source)) => {
                if partial.received > most {
                    // It comes on; attempts are counted for servers that give nothing new.
                    most = partial.received;
                    backoff = Backoff::new();
                }
                if !backoff.again().await {
                    return Err(broken(location, &backoff, source));
                }
            }
        }
    }
}

/// A file that has not come to its end yet.
struct Partial {
    file: File,
    received: u64,
    /// Tells the file that was begun from one that has taken its place.
    etag: Option<HeaderValue>,
}

impl Partial {
    /// Receives what is missing.
    async fn receive(&mut self, http: &Client, location: &Location, limit: u64) -> Result<Option<u64>, Failure> {
        let mut request = http.get(location.url.clone());
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
            self.rewind().await.map_err(|error| Failure::Permanent(scratch(error)))?;
        }
        if is_other {
            return Err(Failure::Transient("it has changed while it was fetched".into()));
        }
        let Some(mut answer) = accepted(answer, location)? else { return Ok(None) };
        self.etag = answer.headers().get(ETAG).cloned();
        let total = answer.content_length().map(|length| self.received + length);
        if let Some(total) = total.filter(|&total| total > limit) {
            return Err(Failure::Permanent(too_large(location, total, limit)));
        }
        while let Some(chunk) = answer.chunk().await? {
            self.received += chunk.len() as u64;
            if self.received > limit {
                return Err(Failure::Permanent(too_large(location, self.received, limit)));
            }
            self.file.write_all(&chunk).await.map_err(|error| Failure::Permanent(scratch(error)))?;
        }
        self.file.flush().await.map_err(|error| Failure::Permanent(scratch(error)))?;
        match total {
            Some(total) if total != self.received => {
                let what = format!("{} of {total} bytes came", self.received);
                Err(Failure::Transient(what.into()))
            }
            _ => Ok(Some(self.received)),
        }
    }

    /// Whether a part goes on where we are, with the same file. Servers may begin anew instead, and not all of them heed
    /// `If-Match`.
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

/// The answer if it is one, `None` if there is no such file.
fn accepted(answer: Response, location: &Location) -> Result<Option<Response>, Failure> {
    let url = || location.public.clone();
    match answer.status() {
        status if status.is_success() => Ok(Some(answer)),
        StatusCode::NOT_FOUND => Ok(None),
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => Err(Failure::Permanent(Error::NotReadable { url: url() })),
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            Err(Failure::Transient(format!("it answered with {status}").into()))
        }
        status => Err(Failure::Permanent(Error::Address { url: url(), what: format!("answered with {status}") })),
    }
}

async fn repeat<T, F>(location: &Location, attempt: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut backoff = Backoff::new();
    loop {
        match attempt().await {
            Ok(done) => return Ok(done),
            Err(Failure::Permanent(error)) => return Err(error),
            Err(Failure::Transient(source)) => {
                if !backoff.again().await {
                    return Err(broken(location, &backoff, source));
                }
            }
        }
    }
}

fn broken(location: &Location, backoff: &Backoff, source: Cause) -> Error {
    Error::Download { url: location.public.clone(), attempts: backoff.attempts(), source }
}

/// The file is a temporary one, whose name says nothing: all that find no room fail for the same cause.
fn scratch(source: std::io::Error) -> Error {
    Error::Scratch { source }
}

fn too_large(location: &Location, bytes: u64, limit: u64) -> Error {
    let (value, limit) = (format!("{bytes} bytes"), format!("{limit} bytes"));
    Error::Limit { what: format!("{} has", location.public), value, limit, flag: None }
}
