//! Whether the service is alive, and whether it can do its work.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::serve::service::Service;

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
    match service.store.ping().await {
        Ok(()) => (StatusCode::OK, Json(json!({ "status": "ready", "since": service.started.to_string() }))),
        Err(error) => {
            let body = json!({ "status": "not ready", "mongodb": error.code() });
            (StatusCode::SERVICE_UNAVAILABLE, Json(body))
        }
    }
}
