//! The objects of a site, put where it has them.

use std::time::Duration;

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};

use super::Environment;

/// How long an address is good for.
const SIGNED_FOR: Duration = Duration::from_mins(5);

/// Who may write to the buckets.
#[derive(Debug)]
pub struct Objects {
    endpoint: reqwest::Url,
    credentials: Credentials,
    http: reqwest::Client,
}

impl Objects {
    pub fn new(environment: &Environment) -> Self {
        let credentials = Credentials::new(&environment["ART_SPACES_KEY"], &environment["ART_SPACES_SECRET"]);
        let endpoint = environment["ART_SPACES_ENDPOINT"].parse().unwrap();
        Objects { endpoint, credentials, http: super::http() }
    }

    fn bucket(&self, name: &str) -> Bucket {
        Bucket::new(self.endpoint.clone(), UrlStyle::Path, name.to_owned(), "us-east-1").unwrap()
    }

    /// Makes a bucket, unless there is one of that name.
    pub async fn make_bucket(&self, name: &str) {
        let bucket = self.bucket(name);
        let there = self.http.head(bucket.head_bucket(Some(&self.credentials)).sign(SIGNED_FOR)).send().await.unwrap();
        if !there.status().is_success() {
            let made = self.http.put(bucket.create_bucket(&self.credentials).sign(SIGNED_FOR)).send().await.unwrap();
            made.error_for_status().unwrap();
        }
    }

    /// Puts an object of that type.
    pub async fn put(&self, bucket: &str, key: &str, content_type: &str, bytes: Vec<u8>) {
        self.put_with(bucket, key, (CONTENT_TYPE, content_type), bytes).await;
    }

    /// Puts an object that is stored with that content encoding.
    pub async fn put_encoded(&self, bucket: &str, key: &str, encoding: &str, bytes: Vec<u8>) {
        self.put_with(bucket, key, (CONTENT_ENCODING, encoding), bytes).await;
    }

    async fn put_with(&self, bucket: &str, key: &str, (name, value): (HeaderName, &str), bytes: Vec<u8>) {
        let url = self.bucket(bucket).put_object(Some(&self.credentials), key).sign(SIGNED_FOR);
        let answer = self.http.put(url).header(name, value).body(bytes).send().await.unwrap();
        answer.error_for_status().unwrap();
    }

    /// Whether there is such an object.
    pub async fn has(&self, bucket: &str, key: &str) -> bool {
        let url = self.bucket(bucket).head_object(Some(&self.credentials), key).sign(SIGNED_FOR);
        self.http.head(url).send().await.unwrap().status().is_success()
    }
}
