//! Files are what they are said to be, and are fetched from our own places only.

use std::time::Duration;

use telecine::error::{Error, RemoteError};
use telecine::remote::spaces::Spaces;

use super::{config, config_with, is_send};
use crate::stack::proxy::{Answer, Fault, Proxy};
use crate::stack::site::Site;

const KEY: &str = "auth0|1/painting/a b+c:d~é.png";

/// A site with one file, Spaces behind a proxy, and the file's bytes.
async fn site_with_a_file() -> (Site, Proxy, Spaces, Vec<u8>) {
    let site = Site::new().await;
    let bytes: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    site.put(site.user_bucket(), KEY, bytes.clone()).await;
    let proxy = Proxy::of(&site.environment()["ART_SPACES_ENDPOINT"]);
    let spaces = Spaces::new(&config_with(site.environment(), "ART_SPACES_ENDPOINT", proxy.url())).unwrap();
    (site, proxy, spaces, bytes)
}

/// Downloads into a file that held something else.
async fn download(spaces: &Spaces, bucket: &str, key: &str, limit: u64) -> Result<Option<Vec<u8>>, Error> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "what was there before").unwrap();
    let length = is_send(spaces.download(bucket, key, limit, file.path())).await?;
    let bytes = std::fs::read(file.path()).unwrap();
    Ok(length.map(|length| {
        assert_eq!(length, bytes.len() as u64);
        bytes
    }))
}

#[tokio::test]
async fn files_are_measured_and_read() {
    let (site, _proxy, spaces, bytes) = site_with_a_file().await;
    let bucket = site.user_bucket();
    assert_eq!(is_send(spaces.size(bucket, KEY)).await.unwrap(), Some(800_000));
    assert_eq!(spaces.size(bucket, "missing").await.unwrap(), None);
    assert_eq!(spaces.size("no-such-bucket", KEY).await.unwrap(), None);
    assert!(download(&spaces, bucket, KEY, 800_000).await.unwrap().unwrap() == bytes);
    assert_eq!(download(&spaces, bucket, "missing", 1).await.unwrap(), None);
    site.put(bucket, "empty", "").await;
    assert_eq!(download(&spaces, bucket, "empty", 0).await.unwrap(), Some(Vec::new()));
}

#[tokio::test]
async fn public_files_need_no_keys() {
    let (site, _proxy, _, bytes) = site_with_a_file().await;
    let mut environment = site.environment().clone();
    environment.retain(|name, _| name != "ART_SPACES_KEY" && name != "ART_SPACES_SECRET");
    let spaces = Spaces::new(&config(&environment)).unwrap();
    assert!(download(&spaces, site.user_bucket(), KEY, 800_000).await.unwrap().unwrap() == bytes);
    let public = reqwest::get(spaces.public_url(site.user_bucket(), KEY)).await.unwrap();
    assert!(public.bytes().await.unwrap() == bytes);
}

#[tokio::test]
async fn a_file_that_changes_meanwhile_is_read_anew() {
    let (site, proxy, spaces, _) = site_with_a_file().await;
    // The second request is on its way while another file takes the place of the first.
    proxy.next("GET", [Some(Fault::Truncate(300_000)), Some(Fault::Delay(Duration::from_secs(2)))]);
    let changed = vec![7_u8; 500_000];
    let change = async {
        while proxy.count("GET") < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        site.put(site.user_bucket(), KEY, changed.clone()).await;
    };
    let (read, ()) = tokio::join!(download(&spaces, site.user_bucket(), KEY, 800_000), change);
    assert!(read.unwrap().unwrap() == changed);
    assert_eq!(proxy.count("GET"), 3);
}

#[tokio::test]
async fn addresses_in_documents_are_fetched_from_our_own_places_only() {
    let (site, proxy, spaces, bytes) = site_with_a_file().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let file = file.path();
    let url = format!("{}?signature=hunter2", spaces.public_url(site.user_bucket(), KEY));
    proxy.next("GET", [Some(Fault::Truncate(300_000))]);
    assert_eq!(is_send(spaces.fetch_url(&url, 1 << 20, file)).await.unwrap(), bytes.len() as u64);
    let missing = spaces.public_url(site.user_bucket(), "missing");
    let error = spaces.fetch_url(&missing, 1 << 20, file).await.unwrap_err();
    assert!(error.to_string().ends_with("/missing does not exist"), "{error}");
    let error = spaces.fetch_url(&url, 10, file).await.unwrap_err();
    assert!(!format!("{error:?} {error}").contains("hunter2"), "{error}");
    for elsewhere in [site.environment()["PDS_URL"].as_str(), "https://example.com/x.mp4", "file:///etc/passwd"] {
        let error = spaces.fetch_url(elsewhere, 10, file).await.unwrap_err();
        assert!(matches!(error, Error::Remote(RemoteError::Address { .. })), "{error}");
    }
    let moved = Answer { status: 302, headers: vec![("location", url.clone())], body: String::new() };
    proxy.once("GET", Fault::Answer(moved));
    let error = spaces.fetch_url(&missing, 10, file).await.unwrap_err();
    assert!(error.to_string().ends_with("returned 302 Found"), "{error}");
}
