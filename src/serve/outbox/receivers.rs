//! Allowed receivers: callbacks go to listed hosts, webhooks to any public address; all by HTTPS.

use std::time::Duration;

use url::{Host, Url};

use crate::config::ServiceConfig;
use crate::error::{Error, Result, ServeError};

use super::networks::is_public;

/// The timeout of a receiver of callbacks. The site's uploads two files to the PDS before it responds.
const CALLBACK_TIMEOUT: Duration = Duration::from_secs(150);

/// The timeout of an endpoint, by the specification of Standard Webhooks.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(30);

/// The allowed receivers.
#[derive(Debug, Clone)]
pub struct Receivers {
    /// The names of listed hosts, in lower case.
    pub hosts: Vec<String>,
    /// Whether this machine is also allowed, without TLS. For tests.
    pub allows_loopback: bool,
}

/// An allowed receiver.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// The address.
    pub url: Url,
    /// Its name in logs, errors and pages, without secret parts.
    pub name: String,
    /// Its timeout.
    pub timeout: Duration,
}

impl Receivers {
    /// The receivers that the settings allow.
    #[must_use]
    pub fn of(settings: &ServiceConfig) -> Receivers {
        Receivers { hosts: settings.callback_hosts.clone(), allows_loopback: settings.allows_loopback }
    }

    /// Parses the address of a receiver of callbacks, whose host must be listed.
    ///
    /// # Errors
    /// [`ServeError::RefusedAddress`].
    pub fn listed(&self, text: &str) -> Result<Receiver> {
        let name = shown(text);
        let url = self.checked(text, |url| {
            if url.scheme() != "https" || url.port().is_some() {
                return Some("it is not https on its usual port");
            }
            let is_listed =
                matches!(url.host(), Some(Host::Domain(name)) if self.hosts.iter().any(|host| host == name));
            (!is_listed).then_some("its host is not in TELECINE_CALLBACK_HOSTS")
        });
        let url = url.map_err(|reason| refused(&name, reason))?;
        Ok(Receiver { url, name, timeout: CALLBACK_TIMEOUT })
    }

    /// Parses the address of an endpoint: any host, unless it is a non-public IP address. A name is checked when it is
    /// resolved.
    ///
    /// # Errors
    /// [`ServeError::RefusedAddress`].
    pub fn subscribed(&self, text: &str) -> Result<Receiver> {
        let url = self.checked(text, |url| {
            if url.scheme() != "https" {
                return Some("it is not https");
            }
            let is_private = match url.host() {
                Some(Host::Ipv4(address)) => !is_public(address.into()),
                Some(Host::Ipv6(address)) => !is_public(address.into()),
                Some(Host::Domain(_)) => false,
                None => true,
            };
            is_private.then_some("its address is not public")
        });
        let url = url.map_err(|reason| refused(&shown(text), reason))?;
        // The path may be the endpoint's only secret.
        let name = url.origin().ascii_serialization();
        Ok(Receiver { url, name, timeout: WEBHOOK_TIMEOUT })
    }

    fn checked(
        &self,
        text: &str,
        problem: impl FnOnce(&Url) -> Option<&'static str>,
    ) -> std::result::Result<Url, &'static str> {
        let url = Url::parse(text).map_err(|_| "it cannot be parsed")?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it names a user");
        }
        if self.allows_loopback && is_loopback(&url) {
            return Ok(url);
        }
        problem(&url).map_or(Ok(url), Err)
    }
}

/// The error for a refused address.
pub fn refused(name: &str, reason: &'static str) -> Error {
    Error::Serve(ServeError::RefusedAddress { url: name.into(), reason })
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

/// An address without its query, which may contain secrets.
fn shown(address: &str) -> String {
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
            assert!(receivers(false).listed(good).is_ok(), "{good}");
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
            assert!(receivers(false).listed(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn this_machine_is_a_receiver_only_where_that_is_set() {
        assert!(receivers(true).listed("http://127.0.0.1:8080/x").is_ok());
        assert!(receivers(true).subscribed("http://127.0.0.1:8080/x").is_ok());
        for bad in ["http://127.0.0.1.nip.io/x", "http://169.254.169.254/x", "http://10.0.0.1/x", "ftp://127.0.0.1/x"] {
            assert!(receivers(true).listed(bad).is_err(), "{bad}");
            assert!(receivers(true).subscribed(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn webhooks_go_to_any_public_address_by_https_and_to_no_other() {
        for good in [
            "https://hooks.example.com/x?y=z",
            "https://hooks.example.com:8443/x",
            "https://8.8.8.8/x",
            "https://[2606:4700::1111]/x",
        ] {
            assert!(receivers(false).subscribed(good).is_ok(), "{good}");
        }
        for bad in [
            "http://hooks.example.com/x",
            "https://u:p@hooks.example.com/x",
            "https://u@hooks.example.com/x",
            "https://127.0.0.1/x",
            "https://127.1/x",
            "https://2130706433/x",
            "https://0x7f.1/x",
            "https://0177.0.0.1/x",
            "https://10.0.0.1/x",
            "https://100.64.0.1/x",
            "https://169.254.169.254/latest/meta-data",
            "https://192.168.0.1/x",
            "https://0.0.0.0/x",
            "https://[::1]/x",
            "https://[::]/x",
            "https://[::ffff:127.0.0.1]/x",
            "https://[::ffff:8.8.8.8]/x",
            "https://[64:ff9b::127.0.0.1]/x",
            "https://[fe80::1]/x",
            "https://[fd00::1]/x",
            "ftp://hooks.example.com/x",
            "file:///etc/passwd",
            "hooks.example.com",
            "",
        ] {
            assert!(receivers(false).subscribed(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nobody_reads_the_path_of_an_endpoint() {
        let named = |url: &str| receivers(false).subscribed(url).unwrap().name;
        assert_eq!(named("https://hooks.example.com/services/T0/B0/secret?x=y"), "https://hooks.example.com");
        assert_eq!(named("https://hooks.example.com:8443/x"), "https://hooks.example.com:8443");
    }
}
