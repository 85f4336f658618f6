//! What the service answers over HTTP. One file a resource; `router` shows every route.

mod api;
mod error;
mod events;
mod health;
mod listener;
mod media;
mod metrics;
mod oven;
mod pages;
mod router;
mod secret;
mod ws;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::service::Service;

use listener::Closable;

/// How long a connection that was accepted last has to send its request.
const LAST_REQUESTS: Duration = Duration::from_secs(1);

/// Answers requests until `ended` is cancelled, nobody sends any more, and open ones are done.
///
/// # Errors
/// When the listener fails.
pub async fn answer(listener: TcpListener, service: Arc<Service>, ended: CancellationToken) -> std::io::Result<()> {
    let listener = Closable { listener, closed: ended.clone() };
    // A connection without a request is closed at once when that is over.
    let over = async move {
        ended.cancelled().await;
        tokio::time::sleep(LAST_REQUESTS).await;
    };
    axum::serve(listener, router::router(service)).with_graceful_shutdown(over).await
}
