//! Every route.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header::{ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::serve::service::Service;

use super::error::Problem;
use super::{health, media, oven};

/// Bytes that a request may have, as the oven takes them.
const MAX_BODY: usize = 100 * 1024;

/// Every route.
pub fn router(service: Arc<Service>) -> Router {
    Router::new()
        // The oven's, word for word.
        .route("/bake", post(oven::bake))
        .route("/bake-status", post(oven::hint))
        .route("/bake-complete", post(oven::hint))
        .route("/status", get(oven::status))
        .route("/health", get(health::health))
        // Ours.
        .route("/ready", get(health::ready))
        .route("/media/tapes/{name}", get(media::tape))
        .fallback(async || Problem::NotFound)
        .method_not_allowed_fallback(async || Problem::NotFound)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn(for_any_origin))
        .with_state(service)
}

/// Lets pages of any site ask, as the oven does.
async fn for_any_origin(request: Request, next: Next) -> Response {
    let mut response = match *request.method() {
        Method::OPTIONS => StatusCode::OK.into_response(),
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Content-Type"));
    response
}
