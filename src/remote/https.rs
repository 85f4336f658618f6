//! HTTP clients, with one cryptography provider in the whole process.

use reqwest::ClientBuilder;

/// A builder for a client with HTTPS.
pub fn http_client() -> ClientBuilder {
    // reqwest uses the provider of the process. An error means that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}
