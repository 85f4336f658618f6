//! The oven's routes, as the site expects them: names, statuses and texts are those of the service that this one
//! replaces.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::serve::jobs::{Bake, Job, Outcome, State as JobState, Work};
use crate::serve::requests::{BakeRequest, check_code, parse_bake, parse_hint};
use crate::serve::service::Service;

use super::error::Problem;
use super::secret::knows;

/// The number of finished bakes in `/status`.
const RECENT: i64 = 20;

/// The number of other bakes in `/status`. Thousands of entries would not help a reader.
const MOST: i64 = 100;

/// Accepts a tape to bake, once a majority of the database's servers has stored the job. It never reports that it is
/// busy, however long the queue: the site would take that as a final failure.
pub async fn bake(State(service): State<Arc<Service>>, body: Bytes) -> Result<Json<Value>, Problem> {
    let BakeRequest { bake, secret } = parse_bake(&body)?;
    if !knows(&secret, service.config.callback_secret.as_ref()) {
        return Err(Problem::Secret);
    }
    check(&service, &bake)?;
    let (slug, code) = (bake.slug.clone(), bake.code.clone());
    service.submit(&Work::Bake(bake), Duration::ZERO, false).await?;
    Ok(Json(json!({ "status": "accepted", "slug": slug, "code": code, "message": "Baking started" })))
}

/// Refuses requests that would certainly fail, while the caller waits.
fn check(service: &Service, bake: &Bake) -> Result<(), Problem> {
    check_code(bake)?;
    let refused = |error: crate::error::Error| Problem::Invalid(error.to_string());
    if let Some(url) = &bake.zip_url {
        service.services.spaces.own_address(url).map_err(refused)?;
    }
    service.receivers.accept(&bake.callback_url).map_err(refused)?;
    Ok(())
}

/// Accepts the site's report on its part of the work. It is unauthenticated, so it changes nothing.
pub async fn hint(body: Bytes) -> Result<Json<Value>, Problem> {
    parse_hint(&body)?;
    Ok(Json(json!({ "status": "ok" })))
}

/// Waiting, running and finished bakes.
pub async fn status(State(service): State<Arc<Service>>) -> Result<Json<Value>, Problem> {
    Ok(Json(everything(&service).await?))
}

/// The same, for `/ws` as well.
///
/// # Errors
/// If the database cannot be read.
pub async fn everything(service: &Service) -> crate::Result<Value> {
    let store = &service.store;
    let incoming = store.bakes(&[JobState::Queued, JobState::Waiting], MOST).await?;
    let active = store.bakes(&[JobState::Running], MOST).await?;
    let recent = store.bakes(&[JobState::Done, JobState::Parked, JobState::Cancelled], RECENT).await?;
    let entries = |jobs: &[Job], entry: fn(&Job) -> Value| jobs.iter().map(entry).collect::<Vec<_>>();
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "serverStartTime": service.started.as_millisecond(),
        "uptime": Timestamp::now().as_millisecond() - service.started.as_millisecond(),
        "incoming": entries(&incoming, waiting),
        "active": entries(&active, running),
        "recent": entries(&recent, over),
        "grabs": { "active": [], "recent": [], "ipfsThumbs": {} },
    }))
}

fn waiting(job: &Job) -> Value {
    let Work::Bake(bake) = &job.work else { return Value::Null };
    let details = job.failure.as_ref().map_or("waiting for its turn", |failure| failure.text.as_str());
    json!({
        "code": bake.code, "slug": bake.slug, "mongoId": bake.mongo_id,
        "detectedAt": job.created.as_millisecond(), "status": "incoming", "details": details,
    })
}

fn running(job: &Job) -> Value {
    let Work::Bake(bake) = &job.work else { return Value::Null };
    json!({
        "code": bake.code,
        "startTime": job.started.map(Timestamp::as_millisecond),
        "status": job.stage.map_or("downloading", |stage| stage.name()),
        "mongoId": bake.mongo_id,
        "slug": bake.slug,
        "zipUrl": bake.zip_url,
        "callbackUrl": bake.callback_url,
        "lastUpdate": job.changed.as_millisecond(),
        "percent": job.percent,
    })
}

fn over(job: &Job) -> Value {
    let Value::Object(mut entry) = running(job) else { return Value::Null };
    let is_done = job.state == JobState::Done;
    let finished = job.finished.unwrap_or(job.changed);
    entry.insert("status".into(), if is_done { "complete" } else { "failed" }.into());
    entry.insert("success".into(), is_done.into());
    entry.insert("completedAt".into(), finished.as_millisecond().into());
    let duration = job.started.map(|started| finished.as_millisecond() - started.as_millisecond());
    entry.insert("duration".into(), duration.into());
    if let (true, Some(Outcome::Baked(baked))) = (is_done, &job.outcome) {
        entry.insert("mp4Url".into(), baked.mp4_url.clone().into());
        entry.insert("thumbnailUrl".into(), baked.thumbnail_url.clone().into());
    }
    entry.insert("error".into(), job.failure.as_ref().map(|failure| failure.text.clone()).into());
    Value::Object(entry)
}
