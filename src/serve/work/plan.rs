//! All accounts are planned and brought in step: whatever the stream has missed is found then.

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

/// How many accounts are worked on at once, beside everything else that the service does.
const ACCOUNTS: usize = 4;

/// How many tapes without a video a plan has baked.
const MOST_BAKES: i64 = 1_000;

/// Plans everybody, and carries the plans out. What cannot be done for one account is no failure of the plan.
///
/// # Errors
/// What keeps the accounts from being listed.
pub async fn plan(service: &Service, control: &Control) -> Result<End> {
    // It was parsed from a number of seconds that fits.
    let settle = SignedDuration::try_from(service.config.settle).unwrap_or(SignedDuration::ZERO);
    let items = match service.config.publisher {
        Publisher::Telecine => Items::All,
        // The site may still be writing the records of younger ones; they are mirrored by jobs of their own.
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

/// Asks for the bakes of recordings that the site knows no video of, unless they were given up or are under way; says how
/// many these are.
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
