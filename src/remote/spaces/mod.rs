//! Spaces: the files, read only.
//!
//! With keys in the configuration, addresses are signed by the AWS SDK, so that private files can be read too; without,
//! what is public can. Either way it is one HTTP client that fetches, which takes up what broke where it broke.

mod address;
mod encoding;
mod fetch;
mod health;
mod http;

use std::path::Path;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::presigning::PresigningConfig;
use secrecy::ExposeSecret;
use url::Url;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::remote::waits::Waits;

use address::{Endpoint, shown};
use fetch::FileUrl;
pub use health::Access;
use http::Http;

/// How long a signed address is good for: longer than the largest tape takes on a slow line.
const SIGNED_FOR: Duration = Duration::from_hours(1);

/// The files.
#[derive(Debug, Clone)]
pub struct Spaces {
    endpoint: Endpoint,
    /// Signs; `None` without keys.
    signer: Option<Client>,
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
        let signer = config.spaces_keys()?.map(|keys| {
            let (key, secret) = (keys.key.expose_secret(), keys.secret.expose_secret());
            let settings = aws_sdk_s3::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new(config.spaces_region().to_owned()))
                .endpoint_url(endpoint.url())
                .credentials_provider(Credentials::new(key, secret, None, None, "configuration"))
                .force_path_style(endpoint.has_buckets_in_path())
                .build();
            Client::from_conf(settings)
        });
        Ok(Spaces { endpoint, signer, http: Http::new(waits)? })
    }

    /// Where anybody finds the file, if it is public.
    #[must_use]
    pub fn public_url(&self, bucket: &str, key: &str) -> String {
        self.endpoint.public_url(bucket, key)
    }

    /// The address of an object in one of the site's buckets, if that is what a text is.
    ///
    /// # Errors
    /// [`Error::Address`] for any other.
    pub fn own_address(&self, text: &str) -> Result<Url> {
        self.endpoint.own_address(text)
    }

    /// How many bytes the file has, or `None` if there is none.
    ///
    /// # Errors
    /// [`Error::NotReadable`] where it is not ours to read; [`Error::Download`] when nobody answers.
    pub async fn size(&self, bucket: &str, key: &str) -> Result<Option<u64>> {
        let file = match &self.signer {
            Some(signer) => {
                self.signed(signer.head_object().bucket(bucket).key(key).presigned(signing()).await, bucket, key)?
            }
            None => self.public(bucket, key)?,
        };
        fetch::size(&self.http, &file).await
    }

    /// Fetches a file into one that is there, and undoes its content encoding; answers how many bytes it has, or `None` if
    /// there is none.
    ///
    /// # Errors
    /// [`Error::Limit`] for a file of more than `limit` bytes, before it is read or while it is unpacked;
    /// [`Error::Encoding`] for an encoding that cannot be undone; [`Error::NotReadable`] where it is not ours to read;
    /// [`Error::Download`] when it broke off every time.
    pub async fn download(&self, bucket: &str, key: &str, limit: u64, into: &Path) -> Result<Option<u64>> {
        let file = match &self.signer {
            Some(signer) => {
                self.signed(signer.get_object().bucket(bucket).key(key).presigned(signing()).await, bucket, key)?
            }
            None => self.public(bucket, key)?,
        };
        fetch::download(&self.http, &file, limit, into).await
    }

    /// Fetches a file from an address that MongoDB holds, if it is one of the site's.
    ///
    /// # Errors
    /// As [`Spaces::download`]; [`Error::Address`] for an address that is not the site's, or where nothing is.
    pub async fn fetch_url(&self, url: &str, limit: u64, into: &Path) -> Result<u64> {
        let file = FileUrl { url: self.own_address(url)?, public: shown(url) };
        let size = fetch::download(&self.http, &file, limit, into).await?;
        size.ok_or_else(|| Error::Address { url: shown(url), what: "is not there".into() })
    }

    fn public(&self, bucket: &str, key: &str) -> Result<FileUrl> {
        let public = self.public_url(bucket, key);
        let url =
            Url::parse(&public).map_err(|error| Error::Address { url: public.clone(), what: error.to_string() })?;
        Ok(FileUrl { url, public })
    }

    fn signed<E>(
        &self,
        request: Result<aws_sdk_s3::presigning::PresignedRequest, aws_sdk_s3::error::SdkError<E>>,
        bucket: &str,
        key: &str,
    ) -> Result<FileUrl> {
        let public = self.public_url(bucket, key);
        let url = request.ok().and_then(|request| Url::parse(request.uri()).ok());
        // The cause would show the keys.
        let url = url.ok_or_else(|| Error::Address { url: public.clone(), what: "cannot be signed for".into() })?;
        Ok(FileUrl { url, public })
    }
}

fn signing() -> PresigningConfig {
    PresigningConfig::expires_in(SIGNED_FOR).expect("an hour is less than a week, the limit")
}
