//! What the service answers over HTTP. One file a resource; `router` shows every route.

mod api;
mod error;
mod events;
mod health;
mod media;
mod metrics;
mod oven;
mod pages;
mod router;
mod secret;
mod ws;

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::service::Service;

/// Answers requests until `ended` is cancelled and open ones are done.
///
/// # Errors
/// When the listener fails.
pub async fn answer(listener: TcpListener, service: Arc<Service>, ended: CancellationToken) -> std::io::Result<()> {
    axum::serve(listener, router::router(service)).with_graceful_shutdown(ended.cancelled_owned()).await
}
