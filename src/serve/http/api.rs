//! Jobs for programs: `/api/jobs`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::serve::jobs::{Job, Kind, State as JobState};
use crate::serve::service::Service;
use crate::serve::store::Filter;
use crate::serve::view::{JobPage, JobView};

use super::error::Problem;
use super::secret::knows;

/// Jobs of a page, unless the caller says how many.
const PAGE: i64 = 50;

/// Jobs of a page at most.
const MOST: i64 = 500;

/// Which jobs are asked for, as it stands in an address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// A kind.
    pub kind: String,
    /// A state.
    pub state: String,
    /// A code of failure.
    pub cause: String,
    /// A code, an id of an item, or an id of a job.
    pub q: String,
    /// What the page before said.
    pub after: String,
    /// How many.
    pub limit: String,
}

impl Wanted {
    /// The jobs that are meant.
    pub fn filter(&self) -> Result<Filter, Problem> {
        // A form sends what was not filled in, too.
        let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let unknown = |name: &str, value: &str| Problem::Invalid(format!("{name} {value:?} is unknown"));
        let kind = said(&self.kind).map(|name| Kind::named(&name).ok_or_else(|| unknown("kind", &name)));
        let state = said(&self.state).map(|name| JobState::named(&name).ok_or_else(|| unknown("state", &name)));
        Ok(Filter {
            kind: kind.transpose()?,
            states: state.transpose()?.into_iter().collect(),
            code: said(&self.cause),
            search: said(&self.q),
            after: said(&self.after).map(|after| parse_cursor(&after)).transpose()?,
        })
    }

    /// How many jobs a page has.
    pub fn limit(&self) -> Result<i64, Problem> {
        if self.limit.is_empty() {
            return Ok(PAGE);
        }
        let limit = self.limit.parse().ok().filter(|limit| (1..=MOST).contains(limit));
        limit.ok_or_else(|| Problem::Invalid(format!("limit is not a number from 1 to {MOST}")))
    }
}

/// A page of jobs.
#[derive(Serialize)]
pub struct Page {
    jobs: Vec<JobView>,
    /// What to ask for with `after`, if there are more.
    next: Option<String>,
}

/// Jobs, those that have changed last first.
pub async fn list(State(service): State<Arc<Service>>, Query(wanted): Query<Wanted>) -> Result<Json<Page>, Problem> {
    let limit = wanted.limit()?;
    let jobs = service.store.list(&wanted.filter()?, limit).await?;
    let next = (jobs.len() as i64 == limit).then(|| jobs.last().map(cursor)).flatten();
    Ok(Json(Page { jobs: jobs.iter().map(JobView::from).collect(), next }))
}

/// One job, with its attempts.
pub async fn one(State(service): State<Arc<Service>>, Path(id): Path<String>) -> Result<Json<JobPage>, Problem> {
    let job = service.store.job(&id).await?.ok_or(Problem::NotFound)?;
    Ok(Json(job.into()))
}

/// Begins a job anew.
pub async fn retry(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<JobView>, Problem> {
    authorized(&service, &headers)?;
    let job = service.retry(&id).await?.ok_or(Problem::NotFound)?;
    Ok(Json(JobView::from(&job)))
}

/// Ends a job.
pub async fn cancel(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<JobView>, Problem> {
    authorized(&service, &headers)?;
    let job = service.store.cancel(&id).await?.ok_or(Problem::NotFound)?;
    Ok(Json(JobView::from(&job)))
}

/// Whether a program says the token of the operator.
pub fn authorized(service: &Service, headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if given.is_some_and(|given| knows(given, service.config.admin_token.as_ref())) {
        Ok(())
    } else {
        Err(Problem::Token)
    }
}

/// The place of a job among all.
pub fn cursor(job: &Job) -> String {
    format!("{}.{}", job.changed.as_millisecond(), job.id)
}

fn parse_cursor(text: &str) -> Result<(Timestamp, String), Problem> {
    let parsed = text.split_once('.').and_then(|(changed, id)| {
        let changed = Timestamp::from_millisecond(changed.parse().ok()?).ok()?;
        Some((changed, id.to_owned()))
    });
    parsed.ok_or_else(|| Problem::Invalid("after is not what a page has said".into()))
}
