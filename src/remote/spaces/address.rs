//! Where files are, as addresses; and which addresses are where files of ours can be.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::{Host, Url};

use crate::error::{Error, Result};

/// What stands for something else within one segment of a path: all but RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The domains where files of ours are.
const DOMAINS: [&str; 2] = ["digitaloceanspaces.com", "aesthetic.computer"];

/// The addresses of one endpoint.
#[derive(Debug, Clone)]
pub struct Addresses {
    endpoint: Url,
}

impl Addresses {
    pub fn new(endpoint: Url) -> Addresses {
        Addresses { endpoint }
    }

    /// Without a slash at the end.
    pub fn endpoint(&self) -> &str {
        self.endpoint.as_str().trim_end_matches('/')
    }

    /// Whether buckets are folders and not hosts: an address in digits has no hosts under it.
    pub fn is_path_style(&self) -> bool {
        !matches!(self.endpoint.host(), Some(Host::Domain(host)) if host != "localhost")
    }

    /// The address of a file.
    pub fn public(&self, bucket: &str, key: &str) -> String {
        let endpoint = self.endpoint();
        let segments: Vec<_> = key.split('/').map(|part| utf8_percent_encode(part, SEGMENT).to_string()).collect();
        let path = segments.join("/");
        match endpoint.split_once("://") {
            Some((scheme, host)) if !self.is_path_style() => format!("{scheme}://{bucket}.{host}/{path}"),
            _ => format!("{endpoint}/{bucket}/{path}"),
        }
    }

    /// Lets pass only what is where files of ours are.
    pub fn check(&self, text: &str) -> Result<Url> {
        let shown = text.split(['?', '#']).next().unwrap_or_default();
        let wrong = |what: &str| Error::Address { url: shown.into(), what: what.into() };
        let url = Url::parse(text).map_err(|_| wrong("is not an address"))?;
        if url.origin() == self.endpoint.origin() {
            return Ok(url);
        }
        if url.scheme() != "https" {
            return Err(wrong("is not taken from; expected an address that begins with https"));
        }
        let is_ours = url.host_str().is_some_and(|host| {
            DOMAINS.iter().any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')))
        });
        if is_ours && url.port().is_none() && url.username().is_empty() {
            Ok(url)
        } else {
            Err(wrong("is not taken from; files lie under digitaloceanspaces.com and aesthetic.computer"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(endpoint: &str) -> Addresses {
        Addresses::new(endpoint.parse().unwrap())
    }

    #[test]
    fn every_segment_is_encoded_by_itself() {
        let spaces = addresses("https://sfo3.digitaloceanspaces.com");
        let public =
            "https://user-aesthetic-computer.sfo3.digitaloceanspaces.com/auth0%7C12/painting/a%20b%3Ac~%C3%A9.png";
        assert_eq!(spaces.public("user-aesthetic-computer", "auth0|12/painting/a b:c~é.png"), public);
    }

    #[test]
    fn buckets_are_folders_where_they_cannot_be_hosts() {
        for endpoint in ["http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000"] {
            assert_eq!(addresses(endpoint).public("b", "k"), format!("{endpoint}/b/k"));
        }
    }

    #[test]
    fn only_our_own_hosts_are_fetched_from() {
        let spaces = addresses("http://127.0.0.1:9000");
        for good in [
            "https://at-blobs-aesthetic-computer.sfo3.digitaloceanspaces.com/tapes/Eue.mp4",
            "https://art.aesthetic.computer/x.mp4?signature=1",
            "http://127.0.0.1:9000/bucket/x.mp4",
        ] {
            assert!(spaces.check(good).is_ok(), "{good}");
        }
        for bad in [
            "x.mp4",
            "file:///etc/passwd",
            "http://art.aesthetic.computer/x.mp4",
            "https://aesthetic.computer.example/x.mp4",
            "https://notaesthetic.computer/x.mp4",
            "https://digitaloceanspaces.com.example/x",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/x",
            "https://art.aesthetic.computer:22/x",
            "https://me@art.aesthetic.computer/x",
            "http://127.0.0.1:9001/bucket/x.mp4",
            "https://example.com/?x=.aesthetic.computer",
        ] {
            assert!(matches!(spaces.check(bad), Err(Error::Address { .. })), "{bad}");
        }
        let error = spaces.check("https://example.com/x?signature=hunter2").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
