//! The HTTP client for receivers: resolves names, and connects only to public addresses.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Method, StatusCode};
use url::Host;

use crate::error::{Cause, Error, Result, ServeError};
use crate::remote::{built, http_client, retry_after};
use crate::serve::webhooks::{Secret, signature};

use super::networks::is_public;
use super::receivers::{Receiver, Receivers, refused};

/// The timeout of a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest pause that a receiver may request.
const LONGEST_REST: Duration = Duration::from_hours(24);

/// The statuses with which a receiver may request a pause.
const THROTTLED: [StatusCode; 4] = [
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::BAD_GATEWAY,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::GATEWAY_TIMEOUT,
];

/// Sends requests to receivers.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    receivers: Receivers,
}

impl Client {
    /// A client for these receivers.
    ///
    /// # Errors
    /// [`crate::error::ConfigError::Https`].
    pub fn new(receivers: Receivers) -> Result<Client> {
        let http = http_client()
            .dns_resolver(Arc::new(PublicAddresses))
            // The targets of redirects are not checked.
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT);
        Ok(Client { http: built(http)?, receivers })
    }

    /// Parses the address of a receiver of callbacks, if it is allowed.
    ///
    /// # Errors
    /// [`ServeError::RefusedAddress`].
    pub fn accept(&self, text: &str) -> Result<Receiver> {
        self.receivers.listed(text)
    }

    /// Sends an OPTIONS request, which no receiver takes for a callback. Returns the status.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn options(&self, receiver: &Receiver) -> Result<u16> {
        let request = self.http.request(Method::OPTIONS, receiver.url.clone()).timeout(CONNECT_TIMEOUT);
        let response = request.send().await.map_err(|source| no_response(&receiver.name, source))?;
        Ok(response.status().as_u16())
    }

    /// Parses the address of an endpoint, if the text shows no reason to refuse it.
    ///
    /// # Errors
    /// [`ServeError::RefusedAddress`].
    pub fn accept_endpoint(&self, text: &str) -> Result<Receiver> {
        self.receivers.subscribed(text)
    }

    /// Checks that a receiver's name resolves to a public address now. It is resolved again for every request.
    ///
    /// # Errors
    /// [`ServeError::RefusedAddress`].
    pub async fn look_up(&self, receiver: &Receiver) -> Result<()> {
        if let Some(Host::Domain(name)) = receiver.url.host() {
            let found = public_addresses(name).await;
            found.map_err(|_| refused(&receiver.name, "its name does not resolve to a public address"))?;
        }
        Ok(())
    }

    /// Sends JSON, signed with each of the secrets, and requires a success status.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn post(&self, receiver: &Receiver, id: &str, body: String, secrets: &[&Secret]) -> Result<()> {
        let mut request = self.http.post(receiver.url.clone()).timeout(receiver.timeout);
        request = request.header("content-type", "application/json");
        if !secrets.is_empty() {
            let timestamp = Timestamp::now().as_second();
            let signature = signature(secrets, id, timestamp, body.as_bytes());
            request = request.header("webhook-id", id).header("webhook-timestamp", timestamp.to_string());
            request = request.header("webhook-signature", signature);
        }
        let response = request.body(body).send().await.map_err(|source| no_response(&receiver.name, source))?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let rest = THROTTLED.contains(&status).then(|| retry_after(response.headers())).flatten();
        let after = rest.map(|rest| Timestamp::now() + rest.min(LONGEST_REST));
        Err(Error::Serve(ServeError::Declined { url: receiver.name.clone(), status: status.as_u16(), after }))
    }
}

fn no_response(name: &str, source: reqwest::Error) -> Error {
    // The error's text would include the address.
    Error::Serve(ServeError::NoResponse { url: name.into(), source: source.without_url().into() })
}

/// Resolves names to public addresses only: a name may be pointed elsewhere.
struct PublicAddresses;

impl Resolve for PublicAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let public = public_addresses(name.as_str()).await?;
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

async fn public_addresses(name: &str) -> std::result::Result<Vec<SocketAddr>, Cause> {
    let found = tokio::net::lookup_host((name, 0)).await?;
    let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
    if public.is_empty() {
        return Err(format!("{name} has no public address").into());
    }
    Ok(public)
}
