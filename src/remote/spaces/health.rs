//! Checks access to the buckets.

use reqwest::StatusCode;

use super::Spaces;
use super::signer::Listing;
use crate::error::{AddressProblem, Cause, Error, RemoteError, Result};

/// The access to a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Its files are public.
    Public,
    /// Its files need keys, and ours work.
    Signed,
    /// It can be read, but is empty, so it is unknown whether it is public.
    Empty,
    /// Our keys cannot list it, but may be able to read it.
    Unlisted,
    /// It does not exist.
    Missing,
    /// Unknown: without keys, only fetching a file can tell.
    Unknown,
}

impl Spaces {
    /// Checks that the server responds.
    ///
    /// # Errors
    /// If it does not.
    pub async fn reach(&self) -> Result<()> {
        let url = self.endpoint.url();
        let answer = self.http.client.get(url.clone()).send().await;
        answer.map(|_| ()).map_err(|error| unanswered(url.to_string(), error))
    }

    /// What can be done with a bucket.
    ///
    /// # Errors
    /// If the server does not respond.
    pub async fn access(&self, bucket: &str) -> Result<Access> {
        let Some(signer) = &self.signer else { return Ok(Access::Unknown) };
        let first = match signer.first(bucket).await? {
            Listing::First(key) => key,
            Listing::Empty => return Ok(Access::Empty),
            Listing::Missing => return Ok(Access::Missing),
            Listing::Refused => return Ok(Access::Unlisted),
        };
        // Without keys.
        let url = self.public_url(bucket, &first);
        let answer = self.http.client.head(&url).send().await;
        let status = answer.map_err(|error| unanswered(url.clone(), error))?.status();
        match status {
            // Some servers return 404 for private files.
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND => Ok(Access::Signed),
            status if status.is_success() => Ok(Access::Public),
            status => {
                let problem = AddressProblem::Declined { status: status.to_string() };
                Err(Error::Remote(RemoteError::Address { url, problem }))
            }
        }
    }
}

fn unanswered(url: String, error: reqwest::Error) -> Error {
    Error::Remote(RemoteError::Download { url, attempts: 1, source: Cause::from(error.without_url()) })
}
