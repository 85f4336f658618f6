//! Checks the listen address: free, or in use by a telecine.

use std::io::ErrorKind;
use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::admin::doctor::Finding;
use crate::serve::probe::probe;
use crate::serve::supervisor;

const WHAT: &str = "listen address";

/// Checks the socket of the supervisor, or the address in the settings.
pub async fn look(address: SocketAddr) -> Finding {
    match supervisor::socket() {
        Ok(Some(_)) => return Finding::ok(WHAT, "the supervisor holds the socket"),
        Ok(None) => {}
        Err(error) => {
            return Finding::fail(WHAT, error.chain().join(": "), "set exactly one ListenStream= in the socket unit");
        }
    }
    match TcpListener::bind(address).await {
        Ok(_) => Finding::ok(WHAT, format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_ours(address).await => {
            Finding::ok(WHAT, format!("{address} is in use by a running telecine"))
        }
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let remedy = "stop that program, or set TELECINE_LISTEN to another address";
            Finding::fail(WHAT, format!("{address} is in use by another program"), remedy)
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
