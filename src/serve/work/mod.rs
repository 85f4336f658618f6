//! The implementation of each kind of work, in one file per kind.

mod announce;
mod bake;
mod callback;
mod digest;
mod mirror;
mod nightly;
mod plan;
mod unasked;
mod webhook;

use futures_util::future::LocalBoxFuture;

use crate::error::Result;
use crate::sync::Control;

use super::jobs::{BakeEnd, Callback, End, Failure, Work};
use super::progress::Progress;
use super::service::Service;
use super::store::Claim;
use super::webhooks::Event;

/// Does the work of a job.
///
/// # Errors
/// If the work fails.
pub fn work<'a>(
    service: &'a Service,
    claim: &'a Claim,
    progress: &'a Progress,
    control: &'a Control,
) -> LocalBoxFuture<'a, Result<End>> {
    match &claim.job.work {
        Work::Bake(work) => Box::pin(bake::bake(service, claim, work, progress, control)),
        Work::Mirror(subject) => Box::pin(mirror::mirror(service, claim, subject, progress, control)),
        Work::Callback(work) => Box::pin(callback::callback(service, &claim.job, work)),
        Work::Webhook(work) => Box::pin(webhook::webhook(service, work)),
        Work::Plan => Box::pin(plan::plan(service, control)),
    }
}

/// Notifies callers and subscribers that work has failed for good.
///
/// # Errors
/// If the database cannot be written.
pub async fn give_up(service: &Service, claim: &Claim, failure: &Failure) -> Result<()> {
    if let Work::Bake(bake) = &claim.job.work {
        let callback = Callback { bake: bake.clone(), end: BakeEnd::Failed { error: failure.text.clone() } };
        service.submit(&Work::Callback(callback), std::time::Duration::ZERO, false).await?;
    }
    if let Some(event) = Event::failed(&claim.job.work, failure) {
        announce::announce(service, &claim.job, &event).await?;
    }
    Ok(())
}
