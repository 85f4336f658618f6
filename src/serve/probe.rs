//! Checks of a running service on this machine, from outside.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use serde_json::Value;

use crate::error::{Error, Result, ServeError};
use crate::remote::{built, http_client};

/// The time limit for a response.
const PATIENCE: Duration = Duration::from_secs(5);

/// The response of a service on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether the status is 2xx.
    pub is_good: bool,
    /// The body; null if it is not JSON.
    pub body: Value,
}

/// Requests `path`, `/health` or `/ready`, from the service that listens at `listen`.
///
/// # Errors
/// [`ServeError::NoResponse`]; [`ConfigError::Https`](crate::error::ConfigError::Https).
pub async fn probe(listen: SocketAddr, path: &str) -> Result<Answer> {
    let url = format!("http://{}{path}", reachable(listen));
    let client = built(http_client().no_proxy().timeout(PATIENCE))?;
    match ask(&client, &url).await {
        Ok(answer) => Ok(answer),
        Err(source) => Err(Error::Serve(ServeError::NoResponse { url, source: source.without_url().into() })),
    }
}

async fn ask(client: &reqwest::Client, url: &str) -> reqwest::Result<Answer> {
    let response = client.get(url).send().await?;
    let is_good = response.status().is_success();
    let body = response.bytes().await?;
    Ok(Answer { is_good, body: serde_json::from_slice(&body).unwrap_or_default() })
}

/// An address for requests from this machine to a service that may listen on all addresses.
fn reachable(mut listen: SocketAddr) -> SocketAddr {
    match listen {
        SocketAddr::V4(address) if address.ip().is_unspecified() => listen.set_ip(Ipv4Addr::LOCALHOST.into()),
        SocketAddr::V6(address) if address.ip().is_unspecified() => listen.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    listen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_on_all_addresses_is_asked_on_this_machine() {
        let asked = |listen: &str| reachable(listen.parse().unwrap()).to_string();
        assert_eq!(asked("0.0.0.0:3002"), "127.0.0.1:3002");
        assert_eq!(asked("[::]:3002"), "[::1]:3002");
        assert_eq!(asked("192.0.2.1:80"), "192.0.2.1:80");
    }
}
