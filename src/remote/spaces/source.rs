//! A file elsewhere, to be read from any byte on.

use aws_sdk_s3::Client;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};
use reqwest::header::{CONTENT_RANGE, ETAG, HeaderValue, IF_MATCH, RANGE};
use url::Url;

use crate::error::{Cause, Error};

/// Where a file is.
#[derive(Debug)]
pub enum Source<'a> {
    /// In a bucket.
    Object { client: &'a Client, bucket: &'a str, key: &'a str },
    /// At an address.
    Address { client: &'a reqwest::Client, url: &'a Url },
}

/// A file that is being read.
pub struct Opened {
    /// How many bytes are to come, if the server says so.
    pub length: Option<u64>,
    /// Where they begin.
    pub start: u64,
    /// Tells this state of the file from others.
    pub etag: Option<String>,
    pub chunks: BoxStream<'static, Result<Bytes, Cause>>,
}

/// Why a file cannot be read.
pub enum Trouble {
    /// It is not there.
    Missing,
    /// It is not what it was when reading began.
    Changed,
    /// It may be better in a while.
    Passing(Cause),
    /// It will not be.
    Final(Error),
}

impl Source<'_> {
    /// Reads on from byte `start`, as long as the file is still the one with that tag.
    pub async fn open(&self, start: u64, etag: Option<&str>, url: &str) -> Result<Opened, Trouble> {
        match self {
            Source::Object { client, bucket, key } => {
                let range = (start > 0).then(|| format!("bytes={start}-"));
                let request = client.get_object().bucket(*bucket).key(*key);
                let request = request.set_range(range).set_if_match(etag.map(str::to_owned));
                let object = request.send().await.map_err(|error| {
                    let status = error.raw_response().map(|response| response.status().as_u16());
                    trouble(status, error.into(), || url.into())
                })?;
                let chunks = stream::try_unfold(object.body, async |mut body| {
                    Ok::<_, Cause>(body.try_next().await?.map(|chunk| (chunk, body)))
                });
                Ok(Opened {
                    length: object.content_length.and_then(|length| u64::try_from(length).ok()),
                    start: start_of(object.content_range.as_deref()),
                    etag: object.e_tag,
                    chunks: chunks.boxed(),
                })
            }
            Source::Address { client, url: address } => {
                let mut request = client.get((*address).clone());
                if start > 0 {
                    request = request.header(RANGE, format!("bytes={start}-"));
                }
                if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
                    request = request.header(IF_MATCH, etag);
                }
                let passing = |error: reqwest::Error| Trouble::Passing(error.without_url().into());
                let response = request.send().await.map_err(passing)?;
                if !response.status().is_success() {
                    let status = response.status().as_u16();
                    return Err(trouble(Some(status), format!("status {status}").into(), || url.into()));
                }
                let text = |name| response.headers().get(name)?.to_str().ok();
                Ok(Opened {
                    length: response.content_length(),
                    start: start_of(text(CONTENT_RANGE)),
                    etag: text(ETAG).map(str::to_owned),
                    chunks: response
                        .bytes_stream()
                        .map(|chunk| chunk.map_err(|error| error.without_url().into()))
                        .boxed(),
                })
            }
        }
    }
}

/// The first byte of `bytes 100-199/200`; an answer without that begins at the beginning.
fn start_of(range: Option<&str>) -> u64 {
    let first = |range: &str| range.strip_prefix("bytes ")?.split('-').next()?.trim().parse().ok();
    range.and_then(first).unwrap_or_default()
}

/// What an error means for us. Without a status there was no answer.
pub fn trouble(status: Option<u16>, source: Cause, url: impl FnOnce() -> String) -> Trouble {
    match status {
        Some(404) => Trouble::Missing,
        Some(401 | 403) => Trouble::Final(Error::NotReadable { url: url() }),
        // "Precondition failed" and "range not satisfiable".
        Some(412 | 416) => Trouble::Changed,
        Some(status @ 300..500) if !matches!(status, 408 | 429) => {
            Trouble::Final(Error::Address { url: url(), what: format!("cannot be read; the server answers {status}") })
        }
        _ => Trouble::Passing(source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_tells_where_it_begins() {
        assert_eq!(start_of(Some("bytes 100-199/200")), 100);
        assert_eq!(start_of(Some("bytes */200")), 0);
        assert_eq!(start_of(None), 0);
    }
}
