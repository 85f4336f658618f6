//! Health checks: whether the service is alive, and whether it can work.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::serve::service::Service;

/// The timeout of the database, which also bounds the response.
const PATIENCE: Duration = Duration::from_secs(2);

/// Reports that the process is alive. Depends on nothing else, so load does not affect it.
pub async fn health() -> Json<Value> {
    let now = format!("{:.3}", Timestamp::now());
    Json(json!({ "status": "ok", "service": "oven", "timestamp": now }))
}

/// Reports whether work can be accepted, which needs only the database.
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
