//! Errors of requests, and their statuses. The cause of an internal error is logged, but not sent.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::error::Error;
use crate::serve::requests::Invalid;

/// Why a request failed.
#[derive(Debug)]
pub enum Problem {
    /// 400: the request is invalid.
    Invalid(String),
    /// 401: the secret is wrong, or the service has none.
    Secret,
    /// 401: the operator's token is wrong, or the service has none.
    Token,
    /// 404: it does not exist.
    NotFound,
    /// 410: its maker took it back.
    Gone,
    /// 500: an internal error.
    Failed(Error),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Problem::Failed(error)
    }
}

impl From<Invalid> for Problem {
    fn from(Invalid(text): Invalid) -> Self {
        Problem::Invalid(text)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, body) = match self {
            Problem::Invalid(error) => (StatusCode::BAD_REQUEST, json!({ "error": error })),
            Problem::Secret => (StatusCode::UNAUTHORIZED, json!({ "error": "Invalid callback secret" })),
            Problem::Token => (StatusCode::UNAUTHORIZED, json!({ "error": "Operator token required" })),
            Problem::NotFound => (StatusCode::NOT_FOUND, json!({ "error": "Not found" })),
            Problem::Gone => (StatusCode::GONE, json!({ "error": "Gone" })),
            Problem::Failed(error) => {
                tracing::error!(code = error.code(), chain = ?error.chain(), "request failed");
                let body = json!({ "error": "Internal server error", "message": error.code() });
                (StatusCode::INTERNAL_SERVER_ERROR, body)
            }
        };
        (status, Json(body)).into_response()
    }
}
