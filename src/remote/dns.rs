//! DNS: the texts that a domain's owner has put under a name.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::{ResolverBuilder, TokioResolver};

/// How long one question may take; each is asked three times. Without a network, nobody waits for the usual 15 s.
const PATIENCE: Duration = Duration::from_secs(2);

/// What DNS says about a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// These texts.
    Texts(Vec<String>),
    /// That there are none.
    Nothing,
    /// Nothing at all, for this reason: there is no network, or nobody who would know.
    Silence(String),
}

/// Looks for texts at the system's name server, or at another.
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
    // With a dot at the end, or it might be looked for within domains of the network we are in.
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

/// A text, which DNS cuts to pieces of 255 bytes.
fn text(data: &RData) -> Option<String> {
    match data {
        RData::TXT(text) => Some(text.txt_data.iter().map(|piece| String::from_utf8_lossy(piece)).collect()),
        _ => None,
    }
}
