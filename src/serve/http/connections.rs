//! Connections, limited in number, in the time that a request may take to arrive, and in the time that a client may
//! stall. They can outlive the listener, so that the last accepted connection still has time to send its request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The most open connections: those of watchers, and some hundred others.
const MOST: usize = 12_000;

/// Open files that are not connections of clients: those to servers, and temporary files.
const RESERVED: usize = 500;

/// How long the head of a request may take to arrive, and how long a connection may be idle between two.
const HEAD: Duration = Duration::from_secs(10);

/// How long a client may leave sent bytes unacknowledged. Watchers are sent some every 15 s.
const STALLED: Duration = Duration::from_secs(30);

/// How long the last accepted connection has to send its request.
const LAST_REQUESTS: Duration = Duration::from_secs(1);

/// Serves connections until `closed` is cancelled and all requests received by then are answered. Later connections
/// wait for the next process, if a supervisor holds the socket.
pub async fn serve(mut listener: TcpListener, routes: Router, closed: CancellationToken) {
    let slots = Arc::new(Semaphore::new(allow_many().min(MOST)));
    let (open, ending) = (TaskTracker::new(), CancellationToken::new());
    loop {
        let next = async {
            let slot = slots.clone().acquire_owned().await.expect("the semaphore is not closed");
            (accept(&mut listener).await.0, slot)
        };
        let (stream, slot) = tokio::select! {
            // First: no connection is accepted only to be dropped.
            biased;
            () = closed.cancelled() => break,
            next = next => next,
        };
        let (routes, ending) = (routes.clone(), ending.clone());
        open.spawn(async move {
            serve_one(stream, routes, ending).await;
            drop(slot);
        });
    }
    drop(listener);
    tokio::time::sleep(LAST_REQUESTS).await;
    ending.cancel();
    open.close();
    open.wait().await;
}

/// Raises the limit on open files to the system's maximum: the default is about a thousand, for compatibility. Returns
/// the share for connections; the rest is for servers and files.
fn allow_many() -> usize {
    let Rlimit { maximum, current } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    if let Err(error) = raised {
        tracing::warn!(%error, "cannot raise the limit on open connections");
    }
    let files = if raised.is_ok() { maximum } else { current };
    files.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX)).saturating_sub(RESERVED).max(1)
}

/// Accepts a connection; waits if the system has no more.
async fn accept(listener: &mut TcpListener) -> (TcpStream, SocketAddr) {
    Listener::accept(listener).await
}

/// Lets the system end a connection whose client has stopped reading or has disappeared, or it would hold its slot for
/// ever.
fn end_when_stalled(stream: &TcpStream) {
    #[cfg(target_os = "linux")]
    if let Err(error) = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(STALLED)) {
        tracing::debug!(%error, "cannot limit how long a connection may stall");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (stream, STALLED);
}

/// Serves one connection until it is closed, or until `ending` is cancelled and its last request is answered.
async fn serve_one(stream: TcpStream, routes: Router, ending: CancellationToken) {
    // Responses are short; with Nagle's algorithm, a client would wait for its own delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    end_when_stalled(&stream);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes))
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = ending.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    // Clients may disconnect at any time.
    if let Err(error) = served {
        tracing::debug!(%error, "connection failed");
    }
}
