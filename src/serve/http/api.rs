//! Jobs for programs: `/api/jobs`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use serde::Serialize;

use crate::serve::requests::{Wanted, cursor};
use crate::serve::service::Service;
use crate::serve::view::{JobPage, JobView};

use super::error::Problem;
use super::secret::knows;

/// A page of jobs.
#[derive(Serialize)]
pub struct Page {
    jobs: Vec<JobView>,
    /// The value of `after` for the next page, if any.
    next: Option<String>,
}

/// Jobs, most recently changed first.
pub async fn list(State(service): State<Arc<Service>>, RawQuery(query): RawQuery) -> Result<Json<Page>, Problem> {
    let wanted = Wanted::parse(&query.unwrap_or_default());
    let limit = wanted.limit()?;
    let jobs = service.store.list(&wanted.filter()?, limit).await?;
    let next = jobs.last().filter(|_| jobs.len() as i64 == limit).map(|last| cursor(last.changed, &last.id));
    Ok(Json(Page { jobs: jobs.iter().map(JobView::from).collect(), next }))
}

/// One job, with its attempts.
pub async fn one(State(service): State<Arc<Service>>, Path(id): Path<String>) -> Result<Json<JobPage>, Problem> {
    let job = service.store.job(&id).await?.ok_or(Problem::NotFound)?;
    Ok(Json(job.into()))
}

/// Retries a job.
pub async fn retry(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<JobView>, Problem> {
    authorized(&service, &headers)?;
    let job = service.retry(&id).await?.ok_or(Problem::NotFound)?;
    Ok(Json(JobView::from(&job)))
}

/// Cancels a job.
pub async fn cancel(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<JobView>, Problem> {
    authorized(&service, &headers)?;
    let job = service.store.cancel(&id).await?.ok_or(Problem::NotFound)?;
    Ok(Json(JobView::from(&job)))
}

/// Checks the operator's token of a program.
pub fn authorized(service: &Service, headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if given.is_some_and(|given| knows(given, service.config.admin_token.as_ref())) {
        Ok(())
    } else {
        Err(Problem::Token)
    }
}
