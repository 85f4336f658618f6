//! Whether the files are there, and who may read them.

use reqwest::StatusCode;

use super::Spaces;
use super::signer::Listing;
use crate::error::{Cause, Error, RemoteError, Result};

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
        let failed = |error: reqwest::Error| {
            Error::Remote(RemoteError::Download {
                url: url.to_string(),
                attempts: 1,
                source: Cause::from(error.without_url()),
            })
        };
        answer.map(|_| ()).map_err(failed)
    }

    /// What can be done with a bucket.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn access(&self, bucket: &str) -> Result<Access> {
        let failed =
            |what: &str| Error::Remote(RemoteError::Address { url: self.public_url(bucket, ""), what: what.into() });
        let Some(signer) = &self.signer else { return Ok(Access::Unknown) };
        let unanswered = |error: reqwest::Error| failed(&error.without_url().to_string());
        let first = match signer.first(bucket).await? {
            Listing::First(key) => key,
            Listing::Empty => return Ok(Access::Empty),
            Listing::Missing => return Ok(Access::Missing),
            Listing::Refused => return Ok(Access::Unlisted),
        };
        // As a stranger would.
        let answer = self.http.client.head(self.public_url(bucket, &first)).send().await;
        let status = answer.map_err(unanswered)?.status();
        match status {
            // Some servers say of what is not for strangers that it is not there.
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND => Ok(Access::Signed),
            status if status.is_success() => Ok(Access::Public),
            status => Err(failed(&format!("answers strangers with {status}"))),
        }
    }
}
