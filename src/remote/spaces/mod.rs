//! Spaces: the files that belong to items, in buckets that speak S3.
//!
//! With keys requests are signed; without, only what is public can be read. Whether a file is there, how long it is and
//! what is in it: nothing else is asked, and nothing is written.

mod address;
mod download;
mod source;

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{BehaviorVersion, Builder, Region, StalledStreamProtectionConfig};
use bytes::Bytes;
use reqwest::redirect::Policy;
use secrecy::ExposeSecret;
use tokio::fs::File;

use self::address::Addresses;
use self::download::{Sink, download};
use self::source::{Source, trouble};
use super::backoff::Backoff;
use crate::config::Config;
use crate::error::{Error, Result};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a server may think, or fall silent halfway.
const SILENCE: Duration = Duration::from_secs(30);

/// The files.
#[derive(Debug, Clone)]
pub struct Spaces {
    client: Client,
    http: reqwest::Client,
    addresses: Addresses,
}

impl Spaces {
    /// The Spaces that are configured. Nobody is asked yet.
    ///
    /// # Errors
    /// When the endpoint is no address, or one of the two keys is missing.
    pub fn new(config: &Config) -> Result<Spaces> {
        let addresses = Addresses::new(config.spaces_endpoint()?);
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).read_timeout(SILENCE);
        let settings = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(config.spaces_region().to_owned()))
            .endpoint_url(addresses.endpoint())
            .force_path_style(addresses.is_path_style())
            .timeout_config(timeouts.build())
            // We repeat by ourselves, from where a download broke off, and have our own notion of a stall.
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        let settings = match config.spaces_keys()? {
            Some(keys) => {
                let (key, secret) = (keys.key.expose_secret(), keys.secret.expose_secret());
                settings.credentials_provider(Credentials::new(key, secret, None, None, "config"))
            }
            None => settings.allow_no_auth(),
        };
        let http = reqwest::Client::builder()
            .user_agent(concat!("telecine/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            // The address has been checked; the one it leads to would not be.
            .redirect(Policy::none())
            .build()
            .map_err(|source| Error::Download { url: "https".into(), attempts: 1, source: source.into() })?;
        Ok(Spaces { client: Client::from_conf(settings.build()), http, addresses })
    }

    /// How long a file is, if it is there.
    ///
    /// # Errors
    /// [`Error::NotReadable`] when it is not for us, or is not there and we may not know that; also when nobody answers.
    pub async fn size(&self, bucket: &str, key: &str) -> Result<Option<u64>> {
        let url = || self.public_url(bucket, key);
        let mut backoff = Backoff::new();
        loop {
            let error = match self.client.head_object().bucket(bucket).key(key).send().await {
                Ok(head) => return Ok(head.content_length().and_then(|length| u64::try_from(length).ok())),
                Err(error) => error,
            };
            let status = error.raw_response().map(|response| response.status().as_u16());
            match trouble(status, error.into(), url) {
                source::Trouble::Missing => return Ok(None),
                source::Trouble::Final(error) => return Err(error),
                source::Trouble::Passing(source) if !backoff.again().await => {
                    return Err(Error::Download { url: url(), attempts: backoff.attempts(), source });
                }
                source::Trouble::Changed | source::Trouble::Passing(_) => {}
            }
        }
    }

    /// Downloads a file of at most `limit` bytes in place of what `file` holds, and says how long it is. `None` if it is
    /// not there. Where a connection breaks off, the next one goes on.
    ///
    /// # Errors
    /// As [`size`](Spaces::size); also when it is longer than `limit`, which is told before anything is read.
    pub async fn download(&self, bucket: &str, key: &str, limit: u64, file: &mut File) -> Result<Option<u64>> {
        let source = Source::Object { client: &self.client, bucket, key };
        download(&source, &self.public_url(bucket, key), limit, &mut Sink::File(file)).await
    }

    /// The same for a file that is small enough to be kept in memory.
    ///
    /// # Errors
    /// As [`download`](Spaces::download).
    pub async fn read(&self, bucket: &str, key: &str, limit: u64) -> Result<Option<Bytes>> {
        let source = Source::Object { client: &self.client, bucket, key };
        let mut sink = Sink::Memory(Vec::new());
        let found = download(&source, &self.public_url(bucket, key), limit, &mut sink).await?;
        Ok(found.map(|_| sink.into_bytes()))
    }

    /// Downloads what a document says is elsewhere, if that is where files of ours are: Spaces, or a host of
    /// aesthetic.computer, by https.
    ///
    /// # Errors
    /// As [`download`](Spaces::download), and [`Error::Address`] when it is elsewhere.
    pub async fn fetch_url(&self, url: &str, limit: u64, file: &mut File) -> Result<Option<u64>> {
        let address = self.addresses.check(url)?;
        // A query may be a signature.
        let shown = url.split(['?', '#']).next().unwrap_or_default();
        let source = Source::Address { client: &self.http, url: &address };
        download(&source, shown, limit, &mut Sink::File(file)).await
    }

    /// The address of a file for those who have no keys.
    #[must_use]
    pub fn public_url(&self, bucket: &str, key: &str) -> String {
        self.addresses.public(bucket, key)
    }
}
