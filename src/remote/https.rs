//! HTTP clients, with one cryptography provider in the whole process.

use reqwest::{Client, ClientBuilder};

use crate::error::{ConfigError, Error, Result};

/// A builder for a client with HTTPS.
pub fn http_client() -> ClientBuilder {
    // reqwest uses the provider of the process. An error means that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}

/// Builds a client.
///
/// # Errors
/// [`ConfigError::Https`].
pub fn built(client: ClientBuilder) -> Result<Client> {
    client.build().map_err(|source| Error::Config(ConfigError::Https { source: source.into() }))
}
