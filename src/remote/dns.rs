//! DNS: looks up TXT records.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::{ResolverBuilder, TokioResolver};

/// The timeout of a query; each is sent three times. The usual 15 s would be a long wait without a network.
const PATIENCE: Duration = Duration::from_secs(2);

/// The answer of DNS for a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The texts.
    Texts(Vec<String>),
    /// There are none.
    Nothing,
    /// No answer, for this reason: no network, or no server that knows the name.
    Silence(String),
}

/// Looks up texts at the system's name server, or at a given one.
pub async fn texts(name: &str, server: Option<SocketAddr>) -> Answer {
    let builder = match server {
        None => TokioResolver::builder_tokio(),
        Some(server) => Ok(TokioResolver::builder_with_config(only(server), TokioRuntimeProvider::default())),
    };
    let build = |mut builder: ResolverBuilder<TokioRuntimeProvider>| {
        builder.options_mut().timeout = PATIENCE;
        builder.build()
    };
    let resolver = match builder.and_then(build) {
        Ok(resolver) => resolver,
        Err(error) => return Answer::Silence(error.to_string()),
    };
    // With a dot at the end; otherwise the resolver might try the search domains of the local network.
    match resolver.txt_lookup(format!("{name}.")).await {
        Ok(lookup) => Answer::Texts(lookup.answers().iter().filter_map(|record| text(&record.data)).collect()),
        Err(error) if error.is_no_records_found() => Answer::Nothing,
        Err(error) => Answer::Silence(error.to_string()),
    }
}

fn only(server: SocketAddr) -> ResolverConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = server.port();
        connection
    });
    let server = NameServerConfig::new(server.ip(), true, connections.into());
    ResolverConfig::from_name_servers(vec![server])
}

/// A text, which DNS splits into pieces of 255 bytes.
fn text(data: &RData) -> Option<String> {
    match data {
        RData::TXT(text) => Some(text.txt_data.iter().map(|piece| String::from_utf8_lossy(piece)).collect()),
        _ => None,
    }
}
