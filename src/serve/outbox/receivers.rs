//! Who may be sent anything: hosts on a list, by HTTPS.

use url::{Host, Url};

use crate::error::{Error, Result, ServeError};

/// The hosts that may be sent to.
#[derive(Debug, Clone)]
pub struct Receivers {
    /// Their names, in lower case.
    pub hosts: Vec<String>,
    /// Whether this machine may be sent to as well, and without TLS. For tests.
    pub allows_loopback: bool,
}

impl Receivers {
    /// The address in a text, if it may be sent to.
    ///
    /// # Errors
    /// [`ServeError::RefusedAddress`].
    pub fn accept(&self, text: &str) -> Result<Url> {
        let refused = |reason| Error::Serve(ServeError::RefusedAddress { url: shown(text), reason });
        let url = Url::parse(text).map_err(|_| refused("it cannot be parsed"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("it names a user"));
        }
        if self.allows_loopback && is_loopback(&url) {
            return Ok(url);
        }
        if url.scheme() != "https" || url.port().is_some() {
            return Err(refused("it is not https on its usual port"));
        }
        match url.host() {
            Some(Host::Domain(name)) if self.hosts.iter().any(|host| host == name) => Ok(url),
            _ => Err(refused("its host is not in TELECINE_CALLBACK_HOSTS")),
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    let is_http = matches!(url.scheme(), "http" | "https");
    is_http
        && match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            _ => false,
        }
}

/// An address without its query, which may hold what is nobody else's business.
pub fn shown(address: &str) -> String {
    address.split(['?', '#']).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receivers(allows_loopback: bool) -> Receivers {
        Receivers { hosts: vec!["aesthetic.computer".into()], allows_loopback }
    }

    #[test]
    fn callbacks_go_to_listed_hosts_by_https_and_nowhere_else() {
        for good in [
            "https://aesthetic.computer/api/oven-complete",
            "https://AESTHETIC.computer/api/oven-complete?previewOnly=1",
            "https://aesthetic.computer:443/x",
        ] {
            assert!(receivers(false).accept(good).is_ok(), "{good}");
        }
        for bad in [
            "http://aesthetic.computer/x",
            "https://aesthetic.computer:8443/x",
            "https://evil.aesthetic.computer/x",
            "https://aesthetic.computer.evil.com/x",
            "https://aesthetic.computer@evil.com/x",
            "https://u:p@aesthetic.computer/x",
            "https://127.0.0.1/x",
            "https://2130706433/x",
            "https://0x7f.1/x",
            "https://[::1]/x",
            "https://[::ffff:127.0.0.1]/x",
            "https://localhost/x",
            "http://127.0.0.1:80/x",
            "ftp://aesthetic.computer/x",
            "file:///etc/passwd",
            "//aesthetic.computer/x",
            "aesthetic.computer",
            "",
        ] {
            assert!(receivers(false).accept(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn this_machine_is_a_receiver_only_where_that_is_set() {
        assert!(receivers(true).accept("http://127.0.0.1:8080/x").is_ok());
        for bad in ["http://127.0.0.1.nip.io/x", "http://169.254.169.254/x", "http://10.0.0.1/x", "ftp://127.0.0.1/x"] {
            assert!(receivers(true).accept(bad).is_err(), "{bad}");
        }
    }
}
