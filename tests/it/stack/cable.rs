//! A network cable between programs and one server, which can be pulled.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A cable. It ends when it is dropped.
///
/// # Panics
/// If it is dropped after being pulled while no client was connected: such a test proves nothing.
#[derive(Debug)]
pub struct Cable {
    address: String,
    pulled: watch::Sender<bool>,
    connections: Arc<AtomicUsize>,
    unmet: usize,
    task: tokio::task::JoinHandle<()>,
}

impl Cable {
    /// A cable to the server at that address: `127.0.0.1:4222`.
    pub fn to(server: &str) -> Cable {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (pulled, state) = watch::channel(false);
        let (connections, server) = (Arc::new(AtomicUsize::new(0)), server.to_owned());
        let counted = connections.clone();
        let task = super::background().spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server.clone(), state.clone(), counted.clone()));
            }
        });
        Cable { address, pulled, connections, unmet: 0, task }
    }

    /// The address to give to programs.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Whether a client has a connection to the server.
    pub fn is_used(&self) -> bool {
        self.connections.load(Ordering::SeqCst) > 0
    }

    /// Ends all connections, and those that come, until [`Cable::mend`].
    pub fn pull(&mut self) {
        self.unmet += usize::from(!self.is_used());
        self.pulled.send_replace(true);
    }

    /// Lets connections pass again.
    pub fn mend(&self) {
        self.pulled.send_replace(false);
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.task.abort();
        assert!(std::thread::panicking() || self.unmet == 0, "pulled {} times with nobody connected", self.unmet);
    }
}

async fn carry(
    mut client: TcpStream,
    server: String,
    mut pulled: watch::Receiver<bool>,
    connections: Arc<AtomicUsize>,
) {
    if *pulled.borrow() {
        return;
    }
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    connections.fetch_add(1, Ordering::SeqCst);
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = pulled.wait_for(|pulled| *pulled) => {}
    }
    connections.fetch_sub(1, Ordering::SeqCst);
}
