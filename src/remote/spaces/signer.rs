//! The AWS SDK: signs addresses in their query, valid for a while, and sends requests that need keys.

use std::path::Path;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, RequestChecksumCalculation};
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ObjectCannedAcl;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use secrecy::ExposeSecret;
use url::Url;

use super::address::Endpoint;
use crate::config::SpacesKeys;
use crate::error::{AddressProblem, Error, RemoteError, Result};

/// How long a signed address is valid: longer than the largest tape takes on a slow connection.
const SIGNED_FOR: Duration = Duration::from_hours(1);

/// Signs with the keys of the configuration.
#[derive(Debug, Clone)]
pub struct Signer {
    endpoint: Endpoint,
    client: Client,
}

/// The listing of a bucket with our keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// The key of its first file.
    First(String),
    /// It is empty.
    Empty,
    /// There is no such bucket.
    Missing,
    /// The keys cannot list it.
    Refused,
}

impl Signer {
    pub fn new(endpoint: &Endpoint, region: &str, keys: &SpacesKeys) -> Self {
        let (key, secret) = (keys.key.expose_secret(), keys.secret.expose_secret());
        // As for all other HTTPS; otherwise the SDK would bring a second cryptography provider.
        let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let settings = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(http)
            .region(Region::new(region.to_owned()))
            .endpoint_url(endpoint.url().as_str())
            .credentials_provider(Credentials::new(key, secret, None, None, "configuration"))
            .force_path_style(endpoint.has_buckets_in_path())
            // Spaces does not support trailing checksums.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .build();
        Signer { endpoint: endpoint.clone(), client: Client::from_conf(settings) }
    }

    /// The signed address for a file's size.
    pub async fn head(&self, bucket: &str, key: &str) -> Result<Url> {
        let request = self.client.head_object().bucket(bucket).key(key).presigned(signing()).await;
        self.address(request, bucket, key)
    }

    /// The signed address for a file.
    pub async fn get(&self, bucket: &str, key: &str) -> Result<Url> {
        let request = self.client.get_object().bucket(bucket).key(key).presigned(signing()).await;
        self.address(request, bucket, key)
    }

    fn address<E>(&self, request: Result<PresignedRequest, SdkError<E>>, bucket: &str, key: &str) -> Result<Url> {
        let url = request.ok().and_then(|request| Url::parse(request.uri()).ok());
        // The cause would include the keys.
        url.ok_or_else(|| {
            Error::Remote(RemoteError::Address {
                url: self.endpoint.public_url(bucket, key),
                problem: AddressProblem::Unsigned,
            })
        })
    }

    /// Stores a public file.
    pub async fn put(&self, bucket: &str, key: &str, content_type: &str, file: &Path) -> Result<()> {
        let failed = |source: String| {
            let url = self.endpoint.public_url(bucket, key);
            Error::Remote(RemoteError::Upload { url, source: source.into() })
        };
        let body = ByteStream::from_path(file).await.map_err(|error| failed(error.to_string()))?;
        let request = self.client.put_object().bucket(bucket).key(key).body(body).content_type(content_type);
        let sent = request.acl(ObjectCannedAcl::PublicRead).send().await;
        sent.map(|_| ()).map_err(|error| failed(DisplayErrorContext(&error).to_string()))
    }

    /// Looks up the first file in a bucket.
    pub async fn first(&self, bucket: &str) -> Result<Listing> {
        let error = match self.client.list_objects_v2().bucket(bucket).max_keys(1).send().await {
            Ok(listed) => {
                let first = listed.contents.unwrap_or_default().into_iter().next();
                return Ok(first.and_then(|object| object.key).map_or(Listing::Empty, Listing::First));
            }
            Err(error) => error,
        };
        let status = error.raw_response().map(|response| response.status().as_u16());
        match (error.code(), status) {
            (Some("NoSuchBucket"), _) | (_, Some(404)) => Ok(Listing::Missing),
            (_, Some(401 | 403)) => Ok(Listing::Refused),
            (code, _) => Err(Error::Remote(RemoteError::Address {
                url: self.endpoint.public_url(bucket, ""),
                problem: AddressProblem::Declined { status: code.unwrap_or("an error without a name").to_owned() },
            })),
        }
    }
}

fn signing() -> PresigningConfig {
    PresigningConfig::expires_in(SIGNED_FOR).expect("an hour is less than a week, the limit")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A signed address must name the same object as the unsigned one, whatever the key contains.
    #[tokio::test]
    async fn signed_and_public_addresses_name_the_same_file() {
        let keys = SpacesKeys { key: "key".into(), secret: "secret".into() };
        for endpoint in ["https://fra1.digitaloceanspaces.com", "http://127.0.0.1:9000"] {
            let endpoint = Endpoint::new(Url::parse(endpoint).unwrap(), ["art", "user", "videos"]);
            let signer = Signer::new(&endpoint, "us-east-1", &keys);
            for key in ["9Yo.zip", "auth0|1/painting/2023.8.24 16:21.png", "ä/#?%+&=~!*'()@$,;[]^`{}.zip"] {
                let mut addresses = [signer.get("user", key).await.unwrap(), signer.head("user", key).await.unwrap()];
                for signed in &mut addresses {
                    assert!(signed.query().unwrap().contains("X-Amz-Signature="));
                    assert!(!signed.as_str().contains("secret"), "{signed}");
                    signed.set_query(None);
                    assert_eq!(signed.as_str(), endpoint.public_url("user", key));
                }
            }
        }
    }
}
