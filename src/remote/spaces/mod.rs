//! Spaces: the storage of files.
//!
//! With keys in the configuration, the AWS SDK signs addresses, so that private files can be read; without keys, only
//! public files can. In both cases, the same HTTP client fetches files and resumes interrupted downloads.

mod address;
mod encoding;
mod fetch;
mod health;
mod http;
mod signer;

use std::path::Path;

use tokio_util::sync::CancellationToken;
use url::Url;

use crate::config::Config;
use crate::error::{AddressProblem, ConfigError, Error, RemoteError, Result};
use crate::remote::waits::Waits;

use address::{Endpoint, shown};
use fetch::FileUrl;
pub use health::Access;
use http::Http;
use signer::Signer;

/// The client of Spaces.
#[derive(Debug, Clone)]
pub struct Spaces {
    endpoint: Endpoint,
    /// `None` without keys.
    signer: Option<Signer>,
    http: Http,
}

impl Spaces {
    /// The client of the configured endpoint.
    ///
    /// # Errors
    /// If the configuration is invalid, or the system has no TLS.
    pub fn new(config: &Config) -> Result<Spaces> {
        Spaces::sharing(Waits::default(), config)
    }

    /// As [`Spaces::new`], with waits that are shared with other servers.
    ///
    /// # Errors
    /// As [`Spaces::new`].
    pub fn sharing(waits: Waits, config: &Config) -> Result<Spaces> {
        let buckets = [config.art_bucket(), config.user_bucket(), config.blobs_bucket()];
        let endpoint = Endpoint::new(config.spaces_endpoint()?, buckets);
        let signer = config.spaces_keys()?.map(|keys| Signer::new(&endpoint, config.spaces_region(), &keys));
        Ok(Spaces { endpoint, signer, http: Http::new(waits)? })
    }

    /// The same client for one piece of work, whose waits also end when `stop` is cancelled.
    #[must_use]
    pub fn stopped_by(&self, stop: &CancellationToken) -> Spaces {
        Spaces { http: self.http.stopped_by(stop), ..self.clone() }
    }

    /// The address of a file, if it is public.
    #[must_use]
    pub fn public_url(&self, bucket: &str, key: &str) -> String {
        self.endpoint.public_url(bucket, key)
    }

    /// Parses the address of an object in one of the site's buckets.
    ///
    /// # Errors
    /// [`RemoteError::Address`] for any other.
    pub fn own_address(&self, text: &str) -> Result<Url> {
        self.endpoint.own_address(text)
    }

    /// The size of a file in bytes, or `None` if it does not exist.
    ///
    /// # Errors
    /// [`RemoteError::NotReadable`] if access is denied; [`RemoteError::Download`] if the server does not respond.
    pub async fn size(&self, bucket: &str, key: &str) -> Result<Option<u64>> {
        fetch::size(&self.http, &self.location(bucket, key, Signer::head).await?).await
    }

    /// Fetches a file into an existing one, and decodes it; returns its size in bytes, or `None` if it does not exist.
    ///
    /// # Errors
    /// [`Error::Limit`] for a file of more than `limit` bytes, before it is read or while it is unpacked;
    /// [`RemoteError::Encoding`] for an unsupported encoding; [`RemoteError::NotReadable`] if access is denied;
    /// [`RemoteError::Download`] if all attempts failed.
    pub async fn download(&self, bucket: &str, key: &str, limit: u64, into: &Path) -> Result<Option<u64>> {
        fetch::download(&self.http, &self.location(bucket, key, Signer::get).await?, limit, into).await
    }

    /// Fetches a file from an address in MongoDB, if it is one of the site's.
    ///
    /// # Errors
    /// As [`Spaces::download`]; [`RemoteError::Address`] for an address that is not the site's, or without a file.
    pub async fn fetch_url(&self, url: &str, limit: u64, into: &Path) -> Result<u64> {
        let file = FileUrl { url: self.own_address(url)?, public: shown(url) };
        let size = fetch::download(&self.http, &file, limit, into).await?;
        size.ok_or_else(|| Error::Remote(RemoteError::Address { url: shown(url), problem: AddressProblem::Absent }))
    }

    /// Stores a public file under a key, overwriting an existing one.
    ///
    /// # Errors
    /// [`ConfigError::Unset`] without keys; [`RemoteError::Upload`] if Spaces refuses it.
    pub async fn put(&self, bucket: &str, key: &str, content_type: &str, file: &Path) -> Result<()> {
        let signer = self.signer.as_ref().ok_or(Error::Config(ConfigError::Unset { name: "ART_SPACES_KEY" }))?;
        signer.put(bucket, key, content_type, file).await
    }

    async fn location(
        &self,
        bucket: &str,
        key: &str,
        sign: impl AsyncFnOnce(&Signer, &str, &str) -> Result<Url>,
    ) -> Result<FileUrl> {
        let public = self.public_url(bucket, key);
        let url = match &self.signer {
            Some(signer) => sign(signer, bucket, key).await?,
            None => Url::parse(&public).map_err(|_| {
                let (url, problem) = (public.clone(), AddressProblem::Malformed);
                Error::Remote(RemoteError::Address { url, problem })
            })?,
        };
        Ok(FileUrl { url, public })
    }
}
