//! Spaces: the files.
//!
//! With keys in the configuration, addresses are signed by the AWS SDK, so that private files can be read too; without,
//! what is public can. Either way it is one HTTP client that fetches, which takes up what broke where it broke.

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

/// The files.
#[derive(Debug, Clone)]
pub struct Spaces {
    endpoint: Endpoint,
    /// `None` without keys.
    signer: Option<Signer>,
    http: Http,
}

impl Spaces {
    /// The files at the endpoint that is configured.
    ///
    /// # Errors
    /// When the configuration is wrong, or the system has no secure connections.
    pub fn new(config: &Config) -> Result<Spaces> {
        Spaces::sharing(Waits::default(), config)
    }

    /// The same, where whoever has to wait for it does so among those who wait for others.
    ///
    /// # Errors
    /// As [`Spaces::new`].
    pub fn sharing(waits: Waits, config: &Config) -> Result<Spaces> {
        let buckets = [config.art_bucket(), config.user_bucket(), config.blobs_bucket()];
        let endpoint = Endpoint::new(config.spaces_endpoint()?, buckets);
        let signer = config.spaces_keys()?.map(|keys| Signer::new(&endpoint, config.spaces_region(), &keys));
        Ok(Spaces { endpoint, signer, http: Http::new(waits)? })
    }

    /// The same files, for one piece of work: to wait for them ends when `stop` is cancelled, too.
    #[must_use]
    pub fn stopped_by(&self, stop: &CancellationToken) -> Spaces {
        Spaces { http: self.http.stopped_by(stop), ..self.clone() }
    }

    /// Where anybody finds the file, if it is public.
    #[must_use]
    pub fn public_url(&self, bucket: &str, key: &str) -> String {
        self.endpoint.public_url(bucket, key)
    }

    /// The address of an object in one of the site's buckets, if that is what a text is.
    ///
    /// # Errors
    /// [`RemoteError::Address`] for any other.
    pub fn own_address(&self, text: &str) -> Result<Url> {
        self.endpoint.own_address(text)
    }

    /// How many bytes the file has, or `None` if there is none.
    ///
    /// # Errors
    /// [`RemoteError::NotReadable`] where it is not ours to read; [`RemoteError::Download`] when nobody answers.
    pub async fn size(&self, bucket: &str, key: &str) -> Result<Option<u64>> {
        fetch::size(&self.http, &self.location(bucket, key, Signer::head).await?).await
    }

    /// Fetches a file into one that is there, and undoes its content encoding; answers how many bytes it has, or `None` if
    /// there is none.
    ///
    /// # Errors
    /// [`Error::Limit`] for a file of more than `limit` bytes, before it is read or while it is unpacked;
    /// [`RemoteError::Encoding`] for an encoding that cannot be undone; [`RemoteError::NotReadable`] where it is not ours to read;
    /// [`RemoteError::Download`] when it broke off every time.
    pub async fn download(&self, bucket: &str, key: &str, limit: u64, into: &Path) -> Result<Option<u64>> {
        fetch::download(&self.http, &self.location(bucket, key, Signer::get).await?, limit, into).await
    }

    /// Fetches a file from an address that MongoDB holds, if it is one of the site's.
    ///
    /// # Errors
    /// As [`Spaces::download`]; [`RemoteError::Address`] for an address that is not the site's, or where nothing is.
    pub async fn fetch_url(&self, url: &str, limit: u64, into: &Path) -> Result<u64> {
        let file = FileUrl { url: self.own_address(url)?, public: shown(url) };
        let size = fetch::download(&self.http, &file, limit, into).await?;
        size.ok_or_else(|| Error::Remote(RemoteError::Address { url: shown(url), problem: AddressProblem::Absent }))
    }

    /// Stores a file under a key, in place of one that is there; anybody may read it.
    ///
    /// # Errors
    /// [`ConfigError::Unset`] without keys; [`RemoteError::Upload`] when Spaces does not take it.
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
