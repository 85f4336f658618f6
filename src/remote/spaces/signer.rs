//! Addresses that show who asks: signed in their query, as S3 wants it, good for a while.

use std::time::Duration;

use rusty_s3::actions::ListObjectsV2;
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use secrecy::ExposeSecret;
use url::Url;

use super::address::Endpoint;
use crate::config::SpacesKeys;
use crate::error::{Error, Result};

/// How long a signed address is good for: longer than the largest tape takes on a slow line.
const SIGNED_FOR: Duration = Duration::from_hours(1);

/// Signs with the keys of the configuration.
#[derive(Debug, Clone)]
pub struct Signer {
    endpoint: Endpoint,
    region: String,
    credentials: Credentials,
}

impl Signer {
    pub fn new(endpoint: &Endpoint, region: &str, keys: &SpacesKeys) -> Self {
        let credentials = Credentials::new(keys.key.expose_secret(), keys.secret.expose_secret());
        Signer { endpoint: endpoint.clone(), region: region.to_owned(), credentials }
    }

    /// Where the size of a file is asked for.
    pub fn head(&self, bucket: &str, key: &str) -> Result<Url> {
        Ok(self.bucket(bucket)?.head_object(Some(&self.credentials), key).sign(SIGNED_FOR))
    }

    /// Where a file is fetched.
    pub fn get(&self, bucket: &str, key: &str) -> Result<Url> {
        Ok(self.bucket(bucket)?.get_object(Some(&self.credentials), key).sign(SIGNED_FOR))
    }

    /// Where the name of the first file in a bucket is asked for.
    pub fn first(&self, bucket: &str) -> Result<Url> {
        let bucket = self.bucket(bucket)?;
        let mut list = ListObjectsV2::new(&bucket, Some(&self.credentials));
        list.with_max_keys(1);
        Ok(list.sign(SIGNED_FOR))
    }

    fn bucket(&self, name: &str) -> Result<Bucket> {
        let style = if self.endpoint.has_buckets_in_path() { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let bucket = Bucket::new(self.endpoint.url().clone(), style, name.to_owned(), self.region.clone());
        bucket.map_err(|error| Error::Address {
            url: self.endpoint.public_url(name, ""),
            what: format!("cannot be signed for: {error}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is signed must be what is asked for without a signature, whatever the key holds.
    #[test]
    fn signed_and_public_addresses_name_the_same_file() {
        let keys = SpacesKeys { key: "key".into(), secret: "secret".into() };
        for endpoint in ["https://fra1.digitaloceanspaces.com", "http://127.0.0.1:9000"] {
            let endpoint = Endpoint::new(Url::parse(endpoint).unwrap(), ["art", "user", "videos"]);
            let signer = Signer::new(&endpoint, "us-east-1", &keys);
            for key in ["9Yo.zip", "auth0|1/painting/2023.8.24 16:21.png", "ä/#?%+&=~!*'()@$,;[]^`{}.zip"] {
                let mut addresses = [signer.get("user", key).unwrap(), signer.head("user", key).unwrap()];
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
