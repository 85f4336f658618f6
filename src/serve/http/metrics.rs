//! `/metrics` for Prometheus: queues, results and durations. No code, DID or user is a label.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use prometheus_client::encoding::text::encode;

use crate::serve::metrics::{Known, Machine};
use crate::serve::mirror_state::MirrorState;
use crate::serve::process::budgets;
use crate::serve::service::Service;

use super::api::authorized;
use super::error::Problem;

/// The content type for Prometheus.
const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The timeout of the database: Prometheus itself waits for ten seconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Counts a request by its route.
pub async fn counted(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let began = Instant::now();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    service.metrics.http.answered(route, response.status().as_u16(), began.elapsed());
    response
}

/// The metrics, with the current queues.
pub async fn metrics(State(service): State<Arc<Service>>, headers: HeaderMap) -> Result<Response, Problem> {
    authorized(&service, &headers)?;
    let now = Timestamp::now();
    let read = async { tokio::try_join!(service.store.queues(), MirrorState::read(&service, now)) };
    // Without the database, the other metrics are still returned.
    let read = tokio::time::timeout(PATIENCE, read).await.ok().and_then(crate::Result::ok);
    let metrics = &service.metrics;
    metrics.jobs.set_queues(read.as_ref().map(|(queues, _)| queues.as_slice()));
    metrics.mirror.set(read.as_ref().map(|(_, mirror)| Known {
        reading: mirror.reading.as_ref(),
        oplog: mirror.oplog,
        planned: mirror.last_plan().map(|(attempt, _)| attempt.ended),
    }));
    let pds = &service.services.pds;
    metrics.mirror.set_budgets(&budgets(pds));
    metrics.mirror.set_answers(&pds.pace().answers());
    metrics.machine.set(tokio::task::spawn_blocking(Machine::look).await.unwrap_or_default());
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = encode(&mut text, metrics.registry());
    Ok(([(CONTENT_TYPE, TYPE)], text).into_response())
}
