//! Connections: bounded in number, in the time that a request may take to arrive, and in the time that a client may take
//! nothing of an answer. They can outlive the listener, so that a connection that was accepted last has a moment to send its
//! request.

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

/// Connections that are open at once: those that watch, and some hundreds that ask.
const MOST: usize = 12_000;

/// Open files that are not connections of clients: those to servers, and temporary files.
const RESERVED: usize = 500;

/// How long the head of a request may take to arrive, and a connection may be idle between two.
const HEAD: Duration = Duration::from_secs(10);

/// How long a client may take none of the bytes that it was sent. Those who watch are sent some every 15 s.
const STALLED: Duration = Duration::from_secs(30);

/// How long a connection that was accepted last has to send its request.
const LAST_REQUESTS: Duration = Duration::from_secs(1);

/// Serves connections until `closed` is cancelled and the requests that had come by then are answered. Whoever connects
/// later waits for the next process, if a supervisor holds the socket.
pub async fn serve(mut listener: TcpListener, routes: Router, closed: CancellationToken) {
    let slots = Arc::new(Semaphore::new(allow_many().min(MOST)));
    let (open, ending) = (TaskTracker::new(), CancellationToken::new());
    loop {
        let next = async {
            let slot = slots.clone().acquire_owned().await.expect("nobody closes it");
            (accept(&mut listener).await.0, slot)
        };
        let (stream, slot) = tokio::select! {
            // First: nobody is taken from the queue only to be sent away.
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

/// Raises the limit of open files to what the system lets us have: by default it is a thousand, for programs of old. Says how many
/// of them connections may take; the rest is for servers and files.
fn allow_many() -> usize {
    let Rlimit { maximum, current } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    if let Err(error) = raised {
        tracing::warn!(%error, "no more than the usual number of connections can be open");
    }
    let files = if raised.is_ok() { maximum } else { current };
    files.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX)).saturating_sub(RESERVED).max(1)
}

/// Accepts a connection; waits while the system has no more of them.
async fn accept(listener: &mut TcpListener) -> (TcpStream, SocketAddr) {
    Listener::accept(listener).await
}

/// Has the system end a connection whose client reads no more, or is gone without a word: it would hold its place for ever.
fn end_when_stalled(stream: &TcpStream) {
    #[cfg(target_os = "linux")]
    if let Err(error) = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(STALLED)) {
        tracing::debug!(%error, "a connection may stall for as long as its client likes");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (stream, STALLED);
}

/// Serves one connection until it is closed, or until `ending` is cancelled and its last request is answered.
async fn serve_one(stream: TcpStream, routes: Router, ending: CancellationToken) {
    // Answers are short; a client that waits for the rest of one would wait for its own acknowledgement.
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
    // Clients go away when they like.
    if let Err(error) = served {
        tracing::debug!(%error, "a connection broke");
    }
}
