//! The full plan: brings all accounts in step, and finds everything that the stream has missed.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::nightly::Nightly;
use super::unasked::unasked_bake;
use crate::config::Publisher;
use crate::error::Result;
use crate::record::Medium;
use crate::serve::jobs::{End, Outcome, Planned, State};
use crate::serve::service::Service;
use crate::sync::{self, Accounts, Control, Guards, Items, Scope};

/// The number of accounts processed in parallel, beside all other work of the service.
const ACCOUNTS: usize = 4;

/// The most tapes without a video for which a plan requests bakes.
const MOST_BAKES: i64 = 1_000;

/// Plans all accounts, and carries the plans out. A failure of one account is not a failure of the plan.
///
/// # Errors
/// If the accounts cannot be listed.
pub async fn plan(service: &Service, control: &Control) -> Result<End> {
    // Parsed from a number of seconds that fits.
    let settle = SignedDuration::try_from(service.config.settle).unwrap_or(SignedDuration::ZERO);
    let items = match service.config.publisher {
        Publisher::Telecine => Items::All,
        // The site may still be writing the records of newer ones, which have their own jobs.
        Publisher::Site => Items::MadeBefore(Timestamp::now() - settle),
    };
    let scope = Scope {
        media: Medium::ALL.to_vec(),
        accounts: Accounts::All,
        items,
        limit: None,
        policy: service.policy,
        guards: Guards::default(),
        looks_for_recordings: false,
        users_at_once: ACCOUNTS,
    };
    let strategy = Arc::new(Nightly::new(&service.preset, &service.store));
    let report = Box::pin(sync::apply_each(&service.services, &scope, strategy, control)).await?;
    if control.stop.is_cancelled() {
        return Ok(End::Interrupted);
    }
    let bakes = bake_what_has_no_video(service).await?;
    Ok(End::Done(Outcome::Planned(Planned::new(&report, bakes))))
}

/// Requests bakes of recordings without a video on the site, unless they have failed or are in progress; returns their
/// number.
async fn bake_what_has_no_video(service: &Service) -> Result<usize> {
    let young = service.config.settle;
    let mut bakes = 0;
    for tape in service.services.mongo.tapes_without_video(MOST_BAKES).await? {
        let Some(work) = unasked_bake(&service.config, &tape) else { continue };
        let job = service.store.job(&work.id()).await?;
        if job.is_none_or(|job| job.state == State::Done) {
            service.submit(&work, young, true).await?;
            bakes += 1;
        }
    }
    Ok(bakes)
}
