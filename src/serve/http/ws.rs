//! The oven's `/ws`: the contents of `/status`, at once and after each change. For pages made for the oven.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use crate::serve::service::Service;

use super::events::Watcher;
use super::oven;

/// How long a client may take for a message before it is disconnected.
const PATIENCE: Duration = Duration::from_secs(10);

/// The minimum time between two messages, each of which contains everything.
const PAUSE: Duration = Duration::from_millis(500);

/// Upgrades to a web socket.
pub async fn ws(State(service): State<Arc<Service>>, upgrade: WebSocketUpgrade) -> Response {
    let Some(watcher) = Watcher::new(&service.watchers) else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    // Messages from clients are ignored.
    upgrade.max_message_size(4 * 1024).on_upgrade(async move |socket| {
        tell(service, socket).await;
        drop(watcher);
    })
}

async fn tell(service: Arc<Service>, mut socket: WebSocket) {
    let (_, mut updates) = service.feed.watch(None);
    loop {
        let told = Instant::now();
        let Ok(text) = everything(&service).await else { break };
        let sent = tokio::time::timeout(PATIENCE, socket.send(Message::Text(text.into()))).await;
        if !matches!(sent, Ok(Ok(()))) {
            break;
        }
        loop {
            tokio::select! {
                update = updates.recv() => match update {
                    Ok(_) | Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return,
                },
                received = socket.recv() => match received {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {}
                },
                () = service.stopping.cancelled() => {
                    let _ = socket.send(Message::Close(None)).await;
                    return;
                }
            }
        }
        tokio::select! {
            () = tokio::time::sleep_until(told + PAUSE) => {}
            // At once: sockets must not delay the end of the process.
            () = service.stopping.cancelled() => {
                let _ = socket.send(Message::Close(None)).await;
                return;
            }
        }
    }
}

async fn everything(service: &Service) -> crate::Result<String> {
    let mut status = oven::everything(service).await?;
    let active = status["active"].as_array().map_or(0, Vec::len);
    let waiting = status["incoming"].as_array().map_or(0, Vec::len);
    status["grabs"]["queue"] = json!([]);
    status["grabProgress"] = json!({});
    status["concurrency"] =
        json!({ "active": active, "max": service.services.encoder.threads(), "queueDepth": waiting });
    status["frozen"] = json!([]);
    status["recentLogs"] = json!([]);
    Ok(status.to_string())
}
