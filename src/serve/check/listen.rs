//! The address to listen at: it is free, or somebody of ours listens there already.

use std::io::ErrorKind;
use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::admin::doctor::Finding;
use crate::serve::probe::probe;
use crate::serve::supervisor;

const WHAT: &str = "listen address";

/// Looks at the socket of the supervisor, or at the address in the settings.
pub async fn look(address: SocketAddr) -> Finding {
    match supervisor::socket() {
        Ok(Some(_)) => return Finding::ok(WHAT, "the supervisor holds the socket"),
        Ok(None) => {}
        Err(error) => {
            return Finding::fail(WHAT, error.chain().join(": "), "let the unit of the socket have one ListenStream=");
        }
    }
    match TcpListener::bind(address).await {
        Ok(_) => Finding::ok(WHAT, format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_ours(address).await => {
            Finding::ok(WHAT, format!("{address} is held by a telecine that runs"))
        }
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let remedy = "end that program, or set TELECINE_LISTEN to another address";
            Finding::fail(WHAT, format!("{address} is held by another program"), remedy)
        }
        Err(error) => {
            let remedy = "set TELECINE_LISTEN to an address of this machine and a port above 1023";
            Finding::fail(WHAT, format!("{address}: {error}"), remedy)
        }
    }
}

/// Whether a telecine listens there. The old oven has no `/ready`.
async fn is_ours(address: SocketAddr) -> bool {
    let Ok(answer) = probe(address, "/ready").await else { return false };
    matches!(answer.body["status"].as_str(), Some("ready" | "not ready" | "stopping"))
}
