//! The listener, which can be closed before its connections are: who was accepted last has a moment to say what it wants.

use std::net::SocketAddr;

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// A listener that accepts nobody any more once `closed` is cancelled. Whoever connects then waits for the next process, if a
/// supervisor holds the socket.
pub struct Closable {
    /// The listener.
    pub listener: TcpListener,
    /// Cancelled to accept nobody any more.
    pub closed: CancellationToken,
}

impl Listener for Closable {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        tokio::select! {
            // First: nobody is taken from the queue only to be sent away.
            biased;
            () = self.closed.cancelled() => std::future::pending().await,
            accepted = Listener::accept(&mut self.listener) => accepted,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
