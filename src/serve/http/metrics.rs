//! `/metrics`, for Prometheus: what waits and how long, what has been done, how it ended. No code, DID or user is a label.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::encode;

use crate::serve::service::Service;

use super::api::authorized;
use super::error::Problem;

/// What Prometheus takes this text for.
const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The metrics, with the queues as they are now.
pub async fn metrics(State(service): State<Arc<Service>>, headers: HeaderMap) -> Result<Response, Problem> {
    authorized(&service, &headers)?;
    service.metrics.set_queues(&service.store.queues().await?);
    let mut text = String::new();
    // Writing to a text does not fail.
    let _ = encode(&mut text, service.metrics.registry());
    Ok(([(CONTENT_TYPE, TYPE)], text).into_response())
}
