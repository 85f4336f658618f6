//! Whether the service is alive, and whether it can do its work.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::serve::service::Service;

/// How long the database has to answer. Whoever asks waits no longer than this, too.
const PATIENCE: Duration = Duration::from_secs(2);

/// Says that the process is alive. Asks nobody: load cannot keep it from that.
pub async fn health() -> Json<Value> {
    let now = format!("{:.3}", Timestamp::now());
    Json(json!({ "status": "ok", "service": "oven", "timestamp": now }))
}

/// Whether work can be accepted: that needs the database, and nothing else.
pub async fn ready(State(service): State<Arc<Service>>) -> (StatusCode, Json<Value>) {
    if service.stopping.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "stopping" })));
    }
    let pinged = tokio::time::timeout(PATIENCE, service.store.ping()).await;
    let code = match pinged {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.code()),
        Err(_) => Some("mongodb.unavailable"),
    };
    match code {
        None => (StatusCode::OK, Json(json!({ "status": "ready", "since": service.started.to_string() }))),
        Some(code) => {
            let body = json!({ "status": "not ready", "mongodb": code });
            (StatusCode::SERVICE_UNAVAILABLE, Json(body))
        }
    }
}
