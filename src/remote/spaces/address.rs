//! Addresses of files: builds them from bucket and key, and recognises the site's own.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::{Host, Url};

use crate::error::{AddressProblem, Error, RemoteError, Result};

/// Characters that RFC 3986 leaves unencoded in a path; all others are encoded, in particular the `|` in user ids.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Hosts that serve the site's buckets, besides the buckets' own. The site itself accepts a video's address only from
/// these (its mime-media.mjs).
const OWN_HOSTS: [&str; 3] = ["art.aesthetic.computer", "user.aesthetic.computer", "at-blobs.aesthetic.computer"];

/// The endpoint of the buckets, and the site's buckets.
#[derive(Debug, Clone)]
pub struct Endpoint {
    url: Url,
    buckets: [String; 3],
}

impl Endpoint {
    pub fn new(url: Url, buckets: [&str; 3]) -> Self {
        Endpoint { url, buckets: buckets.map(str::to_owned) }
    }

    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Whether buckets are folders instead of hosts, as required if the host has no name.
    pub fn has_buckets_in_path(&self) -> bool {
        !matches!(self.url.host(), Some(Host::Domain(name)) if name != "localhost")
    }

    /// The public address of a file.
    pub fn public_url(&self, bucket: &str, key: &str) -> String {
        let path: Vec<_> = key.split('/').map(|segment| utf8_percent_encode(segment, SEGMENT).to_string()).collect();
        let path = path.join("/");
        let (scheme, host) = (self.url.scheme(), self.url.host_str().unwrap_or_default());
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        if self.has_buckets_in_path() {
            format!("{scheme}://{host}{port}/{bucket}/{path}")
        } else {
            format!("{scheme}://{bucket}.{host}{port}/{path}")
        }
    }

    /// Parses the address of an object in one of the site's buckets. A service that trusts its users writes `MongoDB`,
    /// so any other address might lead into our own network or to a foreign bucket. The query is dropped, because it
    /// requests something other than the object.
    pub fn own_address(&self, text: &str) -> Result<Url> {
        let refused = |problem| Error::Remote(RemoteError::Address { url: shown(text), problem });
        let mut url = Url::parse(text).map_err(|_| refused(AddressProblem::Malformed))?;
        let has_user = !url.username().is_empty() || url.password().is_some();
        let segments: Vec<_> = url.path_segments().into_iter().flatten().collect();
        let is_object = match self.bucket_of(&url) {
            Some(Bucket::Host) => is_key(&segments),
            Some(Bucket::Path) => {
                segments.split_first().is_some_and(|(bucket, key)| self.has_bucket(bucket) && is_key(key))
            }
            None => false,
        };
        if has_user || !is_object {
            return Err(refused(AddressProblem::Foreign));
        }
        url.set_query(None);
        url.set_fragment(None);
        Ok(url)
    }

    fn has_bucket(&self, name: &str) -> bool {
        self.buckets.iter().any(|bucket| bucket == name)
    }

    /// The place of the bucket in an address, if it can be one of ours.
    fn bucket_of(&self, url: &Url) -> Option<Bucket> {
        let is_same_door =
            (url.scheme(), url.port_or_known_default()) == (self.url.scheme(), self.url.port_or_known_default());
        if is_same_door && self.has_buckets_in_path() {
            return (url.host() == self.url.host()).then_some(Bucket::Path);
        }
        let name = url.host_str()?;
        let below = self.url.host_str().and_then(|host| name.strip_suffix(host)?.strip_suffix('.'));
        let is_bucket = is_same_door && below.is_some_and(|bucket| self.has_bucket(bucket));
        let is_own = OWN_HOSTS.contains(&name) && url.scheme() == "https" && url.port().is_none();
        (is_bucket || is_own).then_some(Bucket::Host)
    }
}

/// The place of the bucket in an address.
enum Bucket {
    Host,
    Path,
}

/// Whether the segments of a path are an unambiguous key. They are still encoded, so a slash or dots may be hidden in
/// them.
fn is_key(segments: &[&str]) -> bool {
    let is_name = |segment: &&str| {
        let decoded = percent_decode_str(segment).decode_utf8();
        decoded.is_ok_and(|name| {
            !matches!(&*name, "" | "." | "..") && !name.contains(['/', '\\']) && !name.contains(char::is_control)
        })
    };
    !segments.is_empty() && segments.iter().all(is_name)
}

/// An address without its query, which may be a signature, and without a password.
pub fn shown(address: &str) -> String {
    let plain = address.split(['?', '#']).next().unwrap_or_default();
    match plain.split_once("://").map(|(scheme, rest)| (scheme, rest.split_once('@'))) {
        Some((scheme, Some((_, rest)))) => format!("{scheme}://{rest}"),
        _ => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKETS: [&str; 3] = ["art-aesthetic-computer", "user-aesthetic-computer", "at-blobs-aesthetic-computer"];

    fn endpoint(url: &str) -> Endpoint {
        Endpoint::new(url.parse().unwrap(), BUCKETS)
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
    fn only_objects_in_the_buckets_of_the_site_are_fetched() {
        let spaces = endpoint("https://sfo3.digitaloceanspaces.com");
        for good in [
            "https://at-blobs-aesthetic-computer.sfo3.digitaloceanspaces.com/tapes/9Yo.mp4",
            "https://user-aesthetic-computer.sfo3.digitaloceanspaces.com:443/auth0%7C1/x.mp4",
            "https://ART.aesthetic.computer/x.mp4",
            "https://at-blobs.aesthetic.computer/tapes/9Yo.mp4?v=2",
        ] {
            assert!(spaces.own_address(good).is_ok(), "{good}");
        }
        let local = endpoint("http://127.0.0.1:8014");
        assert!(local.own_address("http://127.0.0.1:8014/art-aesthetic-computer/a/x.mp4").is_ok());
        for bad in [
            "http://at-blobs-aesthetic-computer.sfo3.digitaloceanspaces.com/x.mp4",
            "https://private.sfo3.digitaloceanspaces.com/x.mp4",
            "https://sfo3.digitaloceanspaces.com/art-aesthetic-computer/x.mp4",
            "https://x.art-aesthetic-computer.sfo3.digitaloceanspaces.com/x.mp4",
            "https://art-aesthetic-computer.nyc3.digitaloceanspaces.com/x.mp4",
            "https://art-aesthetic-computersfo3.digitaloceanspaces.com/x.mp4",
            "https://aesthetic.computer/media/x.mp4",
            "https://evil.art.aesthetic.computer/x.mp4",
            "https://evil-aesthetic.computer/x.mp4",
            "https://art.aesthetic.computer.example/x.mp4",
            "https://art.aesthetic.computer:8443/x.mp4",
            "http://art.aesthetic.computer/x.mp4",
            "https://u:p@art.aesthetic.computer/x.mp4",
            "https://art.aesthetic.computer/",
            "https://art.aesthetic.computer/?list-type=2",
            "https://art.aesthetic.computer/a//x.mp4",
            "https://art.aesthetic.computer/a%2F..%2Fx.mp4",
            "https://art.aesthetic.computer/a%0Ax.mp4",
            "https://127.0.0.1/x.mp4",
            "http://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
            "x.mp4",
        ] {
            assert!(spaces.own_address(bad).is_err(), "{bad}");
        }
        for bad in [
            "http://127.0.0.1:8014/private/x.mp4",
            "http://127.0.0.1:8014/art-aesthetic-computer/../private/x.mp4",
            "http://127.0.0.1:8014/art-aesthetic-computer%2F..%2Fprivate/x.mp4",
            "http://127.0.0.1:8014/art-aesthetic-computer/%2e%2e%2fprivate/x.mp4",
            "http://127.0.0.1:8014/art-aesthetic-computer",
            "http://127.0.0.1:8015/art-aesthetic-computer/x.mp4",
            "https://127.0.0.1:8014/art-aesthetic-computer/x.mp4",
        ] {
            assert!(local.own_address(bad).is_err(), "{bad}");
        }
        let address = spaces.own_address("https://art.aesthetic.computer/x.mp4?signature=hunter2#a").unwrap();
        assert_eq!(address.as_str(), "https://art.aesthetic.computer/x.mp4");
        let error = spaces.own_address("https://example.com/x?signature=hunter2").unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}
