//! The HTTP interface of the service. One file per resource; `router` lists every route.

mod api;
mod connections;
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

/// Answers requests until `ended` is cancelled, no more arrive, and open ones are done.
pub async fn answer(listener: TcpListener, service: Arc<Service>, ended: CancellationToken) {
    connections::serve(listener, router::router(service), ended).await;
}
