//! The site's changes become jobs, as they happen. A change that was missed is found by the next plan.
//!
//! One process reads; the others stand by. A position is stored after the jobs of all changes before it, and also while
//! nothing happens, so that it never gets too old to go on from.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::Publisher;
use crate::error::Result;
use crate::remote::mongo::{Change, Changes, Next, ResumeToken, What};

use super::jobs::{Subject, Work};
use super::service::Service;

/// How long who stands by waits before looking whether to take over, and who was disturbed before trying again.
const STAND_BY: Duration = Duration::from_secs(5);

/// How often the position is stored, and the lead renewed.
const STORE: Duration = Duration::from_secs(2);

/// Reads changes until `service.stopping` is cancelled.
pub async fn read(service: &Service) {
    while !service.stopping.is_cancelled() {
        if let Err(error) = lead(service).await {
            tracing::warn!(chain = ?error.chain(), "changes cannot be read");
        }
        service.pause(STAND_BY).await;
    }
}

/// Reads changes for as long as this process is the one to read them.
async fn lead(service: &Service) -> Result<()> {
    let Some(position) = service.store.lead(&service.worker).await? else { return Ok(()) };
    let is_new = position.token.is_none();
    let Some(mut changes) = service.services.mongo.changes(position.token).await? else {
        return start_over(service).await;
    };
    tracing::info!(from_now = is_new, "reading changes");
    if is_new {
        // Whatever happened before is found by a plan.
        service.submit(&Work::Plan, Duration::ZERO, true).await?;
    }
    follow(service, &mut changes).await
}

async fn follow(service: &Service, changes: &mut Changes) -> Result<()> {
    let mut position: Option<ResumeToken> = None;
    let mut stored = Instant::now();
    // Never dropped halfway: the driver would not go on.
    while !service.stopping.is_cancelled() {
        match changes.next().await? {
            Next::Change(change, token) => {
                service.metrics.change();
                submit(service, &change).await?;
                position = Some(token);
            }
            Next::Nothing(token) => position = token.or(position),
            Next::Lost => return start_over(service).await,
        }
        if stored.elapsed() >= STORE
            && let Some(token) = &position
        {
            if !service.store.note_position(&service.worker, token).await? {
                return Ok(());
            }
            service.metrics.position_stored();
            stored = Instant::now();
        }
    }
    if let Some(token) = &position {
        service.store.note_position(&service.worker, token).await?;
    }
    Ok(())
}

/// The server does not know the position any more: reading begins anew from now on, and a plan finds what was missed.
async fn start_over(service: &Service) -> Result<()> {
    tracing::warn!("the database has forgotten the position in its changes; everything is planned instead");
    service.submit(&Work::Plan, Duration::ZERO, true).await?;
    service.store.forget_position(&service.worker).await
}

async fn submit(service: &Service, change: &Change) -> Result<()> {
    let work = Work::Mirror(Subject::new(change.medium, change.id));
    let delay = delay(&change.what, service.config.publisher, service.config.settle);
    service.submit(&work, delay, true).await.map(|_| ())
}

/// How long an item is left alone after a change. The site writes the records of new items itself, seconds later; the key
/// that it stores then says that it is done.
fn delay(what: &What, publisher: Publisher, settle: Duration) -> Duration {
    match (what, publisher) {
        (What::Inserted | What::Updated { has_key: false }, Publisher::Site) => settle,
        _ => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_site_may_still_be_working_on_is_left_alone_for_a_while() {
        let settle = Duration::from_secs(30);
        let updated = |has_key| What::Updated { has_key };
        for (what, site, telecine) in [
            (What::Inserted, settle, Duration::ZERO),
            (updated(false), settle, Duration::ZERO),
            (updated(true), Duration::ZERO, Duration::ZERO),
            (What::Deleted, Duration::ZERO, Duration::ZERO),
        ] {
            assert_eq!(delay(&what, Publisher::Site, settle), site, "{what:?}");
            assert_eq!(delay(&what, Publisher::Telecine, settle), telecine, "{what:?}");
        }
    }
}
