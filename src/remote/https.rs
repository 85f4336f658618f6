//! Clients for HTTP, with one provider of cryptography in the whole process.

use reqwest::ClientBuilder;

/// A client that can speak HTTPS, to be set up further.
pub fn http_client() -> ClientBuilder {
    // reqwest takes what the process has. An error says that it has it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}
