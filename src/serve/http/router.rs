//! The routes.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::header::{ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::serve::service::Service;

use super::error::Problem;
use super::{api, events, health, media, metrics, oven, pages, ws};

/// The most bytes of a request's body, as in the oven.
const MAX_BODY: usize = 100 * 1024;

/// The time limit for the body of a request.
const ARRIVAL: Duration = Duration::from_secs(10);

/// The routes of a process, by its role.
pub fn router(service: Arc<Service>) -> Router {
    let routes = if service.config.role.is_front() { own().merge(front(&service)) } else { own() };
    let counted = from_fn_with_state(service.clone(), metrics::counted);
    routes.layer(from_fn(whole)).layer(counted).with_state(service)
}

/// The routes about the process itself, and the answer to unknown ones.
fn own() -> Router<Arc<Service>> {
    Router::new()
        .route("/health", get(health::health))
        .route("/metrics", get(metrics::metrics))
        .route("/ready", get(health::ready))
        .fallback(async || Problem::NotFound)
        .method_not_allowed_fallback(async || Problem::NotFound)
        .layer(from_fn(for_any_origin))
}

/// The routes of the whole service.
fn front(service: &Arc<Service>) -> Router<Arc<Service>> {
    let pages = Router::new()
        .route("/", get(pages::overview))
        .route("/jobs", get(pages::jobs))
        .route("/jobs/{id}", get(pages::job))
        .route("/jobs/{id}/retry", post(pages::retry))
        .route("/jobs/{id}/cancel", post(pages::cancel))
        .route("/retry", post(pages::retry_all))
        .route("/login", get(pages::login_page).post(pages::login))
        .route("/logout", post(pages::logout))
        .route("/assets/style.css", get(pages::style))
        .route("/assets/live.js", get(pages::script))
        .layer(from_fn_with_state(service.clone(), pages::guarded));
    let machines = Router::new()
        // The oven's routes.
        .route("/bake", post(oven::bake))
        .route("/bake-status", post(oven::hint))
        .route("/bake-complete", post(oven::hint))
        .route("/status", get(oven::status))
        .route("/ws", get(ws::ws))
        // Telecine's routes.
        .route("/api/jobs", get(api::list))
        .route("/api/jobs/{id}", get(api::one))
        .route("/api/jobs/{id}/retry", post(api::retry))
        .route("/api/jobs/{id}/cancel", post(api::cancel))
        .route("/events", get(events::events))
        .route("/media/tapes/{name}", get(media::tape))
        .layer(from_fn(for_any_origin));
    pages.merge(machines)
}

/// Waits until the whole request has arrived. Requests are short, so the time limit is, too.
async fn whole(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    match tokio::time::timeout(ARRIVAL, to_bytes(body, MAX_BODY)).await {
        Ok(Ok(body)) => next.run(Request::from_parts(head, body.into())).await,
        Ok(Err(_)) => Problem::Invalid(format!("Body is longer than {MAX_BODY} bytes, or broken off")).into_response(),
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

/// Allows requests from pages of any site, as the oven does.
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
