//! The address to listen at: it is free, or somebody of ours listens there already.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::admin::doctor::Finding;
use crate::remote::http_client;
use crate::serve::supervisor;

/// How long who listens there may take to say who it is.
const PATIENCE: Duration = Duration::from_secs(5);

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
    let Ok(client) = http_client().no_proxy().timeout(PATIENCE).build() else { return false };
    let Ok(response) = client.get(format!("http://{address}/ready")).send().await else { return false };
    let body = response.bytes().await.unwrap_or_default();
    let state = serde_json::from_slice::<serde_json::Value>(&body).unwrap_or_default();
    matches!(state["status"].as_str(), Some("ready" | "not ready" | "stopping"))
}
