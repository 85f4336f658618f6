//! The HTTP client for receivers: names are looked up, and only public addresses are connected to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use serde::Serialize;
use url::Url;

use crate::error::{Error, Result, ServeError};
use crate::remote::http_client;

use super::networks::is_public;
use super::receivers::{Receivers, shown};

/// How long a receiver may take. The site's uploads two files to the PDS before it responds.
const TIMEOUT: Duration = Duration::from_secs(150);

/// How long a receiver may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Sends to receivers. Clones are the same.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    receivers: Receivers,
}

impl Client {
    /// A client for these receivers.
    ///
    /// # Errors
    /// When the system has no secure connections.
    pub fn new(receivers: Receivers) -> Result<Client> {
        let http = http_client()
            .dns_resolver(Arc::new(PublicAddresses))
            // Where a receiver would send us is not checked.
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .build();
        let http = http.map_err(|source| no_response("https://", source))?;
        Ok(Client { http, receivers })
    }

    /// The address in a text, if it may be sent to.
    ///
    /// # Errors
    /// [`ServeError::RefusedAddress`].
    pub fn accept(&self, text: &str) -> Result<Url> {
        self.receivers.accept(text)
    }

    /// Asks which methods a receiver takes, which none of them takes for a callback. Returns the status.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn options(&self, url: &str) -> Result<u16> {
        let request = self.http.request(Method::OPTIONS, self.accept(url)?).timeout(CONNECT_TIMEOUT);
        let response = request.send().await.map_err(|source| no_response(url, source))?;
        Ok(response.status().as_u16())
    }

    /// Sends JSON, and wants a status of success.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn post(&self, url: &str, body: &impl Serialize) -> Result<()> {
        let address = self.accept(url)?;
        let body = serde_json::to_vec(body).expect("texts can be written as JSON");
        let request = self.http.post(address).header("content-type", "application/json").body(body);
        let response = request.send().await.map_err(|source| no_response(url, source))?;
        if response.status().is_success() {
            return Ok(());
        }
        Err(Error::Serve(ServeError::Declined { url: shown(url), status: response.status().as_u16() }))
    }
}

fn no_response(url: &str, source: reqwest::Error) -> Error {
    // Its text would show the query.
    Error::Serve(ServeError::NoResponse { url: shown(url), source: source.without_url().into() })
}

/// Looks names up, and leaves out addresses that are not public: a name on the list may be made to lead elsewhere.
struct PublicAddresses;

impl Resolve for PublicAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(format!("{} has no public address", name.as_str()).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}
