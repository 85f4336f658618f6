//! Whether the files are there, and who may read them.

use reqwest::StatusCode;

use super::Spaces;
use super::signer::Listing;
use crate::error::{AddressProblem, Cause, Error, RemoteError, Result};

/// What can be done with a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody may read what is in it.
    Public,
    /// Only who has the keys, and we do.
    Signed,
    /// It may be read; nothing is in it that would show by whom.
    Empty,
    /// Our keys may not list it; maybe they may read it.
    Unlisted,
    /// There is none of that name.
    Missing,
    /// Without keys, only fetching a file shows.
    Unknown,
}

impl Spaces {
    /// Whether anybody answers.
    ///
    /// # Errors
    /// When nobody does.
    pub async fn reach(&self) -> Result<()> {
        let url = self.endpoint.url();
        let answer = self.http.client.get(url.clone()).send().await;
        answer.map(|_| ()).map_err(|error| unanswered(url.to_string(), error))
    }

    /// What can be done with a bucket.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn access(&self, bucket: &str) -> Result<Access> {
        let Some(signer) = &self.signer else { return Ok(Access::Unknown) };
        let first = match signer.first(bucket).await? {
            Listing::First(key) => key,
            Listing::Empty => return Ok(Access::Empty),
            Listing::Missing => return Ok(Access::Missing),
            Listing::Refused => return Ok(Access::Unlisted),
        };
        // As a stranger would.
        let url = self.public_url(bucket, &first);
        let answer = self.http.client.head(&url).send().await;
        let status = answer.map_err(|error| unanswered(url.clone(), error))?.status();
        match status {
            // Some servers say of what is not for strangers that it is not there.
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
