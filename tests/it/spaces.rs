//! Files are fetched from a server that fails in the ways that servers do.

use std::time::Duration;

use telecine::config::Config;
use telecine::error::{Error, RemoteError};
use telecine::remote::spaces::Spaces;

use crate::stack::proxy::{Answer, Fault, Proxy};
use crate::stack::site::Site;
use crate::support::command::Workshop;

const LIMIT: u64 = 100_000;

/// A file of a thousand bytes in Spaces, a proxy before it, and one to fetch it.
struct Fetching {
    site: Site,
    proxy: Proxy,
    spaces: Spaces,
    workshop: Workshop,
    bytes: Vec<u8>,
}

impl Fetching {
    async fn new() -> Self {
        let site = Site::new().await;
        let proxy = Proxy::of(&site.environment()["ART_SPACES_ENDPOINT"]);
        let workshop = Workshop::new();
        let set = |name: &str| format!("{name} = '{}'\n", site.environment()[name]);
        let keys = set("ART_SPACES_KEY") + &set("ART_SPACES_SECRET");
        workshop.put("config.toml", format!("ART_SPACES_ENDPOINT = '{}'\n{keys}", proxy.url()));
        let spaces = Spaces::new(&Config::load(Some(&workshop.path("config.toml"))).unwrap()).unwrap();
        let bytes: Vec<u8> = (0..1000_u32).map(|index| (index % 251) as u8).collect();
        site.put(site.user_bucket(), "auth0|x/file", bytes.clone()).await;
        workshop.put("file", "");
        Fetching { site, proxy, spaces, workshop, bytes }
    }

    async fn download(&self, key: &str, limit: u64) -> Result<Option<u64>, Error> {
        self.spaces.download(self.site.user_bucket(), key, limit, &self.workshop.path("file")).await
    }

    async fn arrives(&self, requests: usize) {
        assert_eq!(self.download("auth0|x/file", LIMIT).await.unwrap(), Some(1000));
        assert!(self.workshop.get("file") == self.bytes);
        assert_eq!(self.proxy.count("GET"), requests);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_off_is_taken_up_where_it_broke() {
    let fetching = Fetching::new().await;
    // Never more than 400 bytes come: from the beginning each time, it would never end.
    fetching.proxy.always("file", Fault::Truncate(400));
    fetching.arrives(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_fails_for_a_moment_is_asked_again() {
    for fault in [
        Fault::Answer(Answer::bad_gateway()),
        Fault::Answer(Answer::s3(503, "SlowDown")),
        Fault::Answer(Answer::s3(429, "TooManyRequests")),
        Fault::DropBefore,
        Fault::DropAfter,
    ] {
        let fetching = Fetching::new().await;
        fetching.proxy.once("file", fault);
        fetching.arrives(2).await;
    }
    let fetching = Fetching::new().await;
    fetching.proxy.once("file", Fault::Delay(Duration::from_secs(1)));
    fetching.arrives(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_above_the_limit_is_not_read() {
    let fetching = Fetching::new().await;
    let error = fetching.download("auth0|x/file", 999).await.unwrap_err();
    assert!(error.to_string().ends_with("auth0%7Cx/file has 1000 bytes; the limit is 999 bytes"), "{error}");
    assert!(fetching.workshop.get("file").is_empty());
    assert_eq!(fetching.proxy.count("GET"), 1);
    assert_eq!(fetching.download("auth0|x/file", 1000).await.unwrap(), Some(1000));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_or_not_ours_is_asked_for_once() {
    let fetching = Fetching::new().await;
    let bucket = fetching.site.user_bucket();
    assert_eq!(fetching.download("never", LIMIT).await.unwrap(), None);
    assert_eq!(fetching.spaces.size(bucket, "never").await.unwrap(), None);
    assert_eq!(fetching.spaces.size(bucket, "auth0|x/file").await.unwrap(), Some(1000));
    fetching.proxy.always("file", Fault::Answer(Answer::access_denied()));
    let error = fetching.download("auth0|x/file", LIMIT).await.unwrap_err();
    assert!(matches!(error, Error::Remote(RemoteError::NotReadable { .. })), "{error}");
    assert!(!error.to_string().contains("Signature"), "{error}");
    assert_eq!(fetching.proxy.count("GET"), 2);
}
