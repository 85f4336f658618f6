//! Addresses of files: what a bucket and a key come to, and which addresses are the site's own.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::{Host, Url};

use crate::error::{Error, Result};

/// What RFC 3986 leaves as it is in a path; everything else is encoded, above all the `|` in the ids of users.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Hosts, and all below them, that finished videos are fetched from. MongoDB is written by a service that takes
/// anybody's word, so that other addresses might lead into our own network.
const OWN_HOSTS: [&str; 2] = ["digitaloceanspaces.com", "aesthetic.computer"];

/// Where buckets are.
#[derive(Debug, Clone)]
pub struct Endpoint(Url);

impl Endpoint {
    pub fn new(url: Url) -> Self {
        Endpoint(url)
    }

    pub fn url(&self) -> &str {
        self.0.as_str()
    }

    /// Whether buckets are folders and not hosts, as they must be where the host has no name.
    pub fn has_buckets_in_path(&self) -> bool {
        !matches!(self.0.host(), Some(Host::Domain(name)) if name != "localhost")
    }

    /// Where anybody finds a file.
    pub fn public_url(&self, bucket: &str, key: &str) -> String {
        let path: Vec<_> = key.split('/').map(|segment| utf8_percent_encode(segment, SEGMENT).to_string()).collect();
        let path = path.join("/");
        let (scheme, host) = (self.0.scheme(), self.0.host_str().unwrap_or_default());
        let port = self.0.port().map(|port| format!(":{port}")).unwrap_or_default();
        if self.has_buckets_in_path() {
            format!("{scheme}://{host}{port}/{bucket}/{path}")
        } else {
            format!("{scheme}://{bucket}.{host}{port}/{path}")
        }
    }

    /// An address, if it is one of the site's.
    pub fn own_address(&self, text: &str) -> Result<Url> {
        let wrong = |what: &str| Error::Address { url: shown(text), what: what.into() };
        let url = Url::parse(text).map_err(|_| wrong("is not an address"))?;
        let is_endpoint = (url.scheme(), url.host(), url.port_or_known_default())
            == (self.0.scheme(), self.0.host(), self.0.port_or_known_default());
        let is_own = match url.host() {
            Some(Host::Domain(name)) => OWN_HOSTS
                .iter()
                .any(|own| name.strip_suffix(own).is_some_and(|below| below.is_empty() || below.ends_with('.'))),
            _ => false,
        };
        if is_endpoint || (is_own && url.scheme() == "https" && url.port().is_none()) {
            Ok(url)
        } else {
            Err(wrong("is none of the site's; nothing is fetched from there"))
        }
    }
}

/// An address without its query, which may be a signature.
pub fn shown(address: &str) -> String {
    address.split(['?', '#']).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Endpoint {
        Endpoint::new(url.parse().unwrap())
    }

    #[test]
    fn buckets_are_hosts_where_hosts_have_names() {
        let key = "auth0|1/painting/a b.png";
        assert_eq!(
            endpoint("https://sfo3.digitaloceanspaces.com").public_url("user", key),
            "https://user.sfo3.digitaloceanspaces.com/auth0%7C1/painting/a%20b.png"
        );
        for local in ["http://127.0.0.1:8014", "http://localhost:8014", "http://[::1]:8014"] {
            assert_eq!(endpoint(local).public_url("user", key), format!("{local}/user/auth0%7C1/painting/a%20b.png"));
        }
    }

    #[test]
    fn only_addresses_of_the_site_are_fetched_from() {
        let endpoint = endpoint("http://127.0.0.1:8014");
        for good in [
            "https://at-blobs-aesthetic-computer.sfo3.digitaloceanspaces.com/tapes/9Yo.mp4",
            "https://aesthetic.computer/media/x.mp4",
            "http://127.0.0.1:8014/bucket/x.mp4",
        ] {
            assert!(endpoint.own_address(good).is_ok(), "{good}");
        }
        for bad in [
            "http://at-blobs.sfo3.digitaloceanspaces.com/x.mp4",
            "https://evil-aesthetic.computer/x.mp4",
            "https://aesthetic.computer.example/x.mp4",
            "https://aesthetic.computer:8443/x.mp4",
            "https://127.0.0.1/x.mp4",
            "http://127.0.0.1:8015/x.mp4",
            "http://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
            "x.mp4",
        ] {
            assert!(endpoint.own_address(bad).is_err(), "{bad}");
        }
        let error = endpoint.own_address("https://example.com/x?signature=hunter2").unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}
