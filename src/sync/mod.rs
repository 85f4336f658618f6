//! MongoDB and Spaces to the PDS: read both sides of an account, plan, apply.
//!
//! ```text
//! accounts ─▶ account::read ─▶ Plan ─▶ files::make ─▶ upload ─▶ batch ─▶ applyWrites ─▶ MongoDB
//!   a few at once   both sides   pure     Spaces, video   blobs    swapCommit   all or none   keys
//! ```
//!
//! An account is worked on by one task, so it has one writer here. Another process may write too: every batch names
//! the commit it was planned on, and when that is not the newest any more, or nobody knows whether a batch was
//! carried out, the account is read and planned again. MongoDB comes last; a run that ends anywhere leaves records
//! which the next one finds and adopts.
//!
//! To read: `scope` says which accounts, `account` reads both sides, `plan` is pure; `guard` and `origin` take out of it
//! what must not be. `purpose`, `apply` and `run` are the engine. It gets files from `prepare`, `files`, `tape` and
//! `places`, within the `budget` that all accounts share, and writes through `batch`, `settle`, `delete` and `remember`.
//! What may panic is `isolated`; what is saved before it is deleted is `durable`. Beside the sync itself it serves `reencode`; `compare`, `wipe` and `restore`, with `backup`, use its parts.

mod account;
mod apply;
mod backup;
mod batch;
mod budget;
mod compare;
mod delete;
mod durable;
mod estimate;
mod files;
mod guard;
mod isolated;
mod origin;
mod places;
mod plan;
mod prepare;
mod purpose;
pub mod reencode;
mod remember;
mod replacement;
mod report;
mod restore;
mod run;
mod scope;
mod settle;
mod tally;
mod tape;
mod wipe;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::{Stream, StreamExt};
use rayon::ThreadPool;

use crate::error::{Error, Result};
use crate::remote::Waits;
use crate::remote::mongo::{Account, Mongo};
use crate::remote::pds::{MOST_BLOB, Pds, Server, Session};
use crate::remote::spaces::Spaces;
use crate::video::Preset;

use isolated::isolated;
use purpose::{Mirroring, Purpose};

pub use account::{AccountPlan, read};
pub use backup::{Backup, Saved, Saving, folder_of};
pub use budget::{Budget, items};
pub use compare::{AccountComparison, Sample, compare};
pub use estimate::{Weight, expected_time, weigh};
pub use files::{Made, make};
pub use guard::{Guards, Refused};
pub use places::{Buckets, Place};
pub use plan::{Action, Counts, Difference, MissingFiles, Nuked, Orphans, Plan, Policy, Step};
pub use replacement::{Replacement, Video, Warned};
pub use report::{AccountReport, Cause, Parked, Postponed, Report};
pub use restore::{RestoreReport, Restored, plan_restore, restore};
pub use scope::{Accounts, Items, Scope, each};
pub use tally::{Finding, Tally, Verdict};
pub use wipe::{Extent, WipePlan, Wiped, plan_wipe, wipe};

/// Looking for this many files at once is quick and still polite.
const LOOKUPS: usize = 16;

/// How often it is looked whether the user wants to stop.
const LOOKING: Duration = Duration::from_millis(200);

/// Bytes that the lexicon of tapes allows a video.
const MAX_VIDEO_BYTES: u64 = 52_428_800;

/// Everything a sync talks to, and what it computes with.
pub struct Services {
    /// The system of record.
    pub mongo: Mongo,
    /// The files.
    pub spaces: Spaces,
    /// The mirror.
    pub pds: Pds,
    /// What the mirror allows.
    pub server: Server,
    /// Who waits for either of them, and for how long anybody may.
    pub waits: Waits,
    /// Where files lie that do not say so.
    pub buckets: Buckets,
    /// What all videos are encoded in.
    pub pool: Arc<ThreadPool>,
    /// What may be under way at once.
    pub budget: Budget,
}

impl Services {
    /// Bytes that a video may have: what its lexicon allows, or what the PDS takes if that is less.
    fn video_limit(&self) -> u64 {
        self.server.blob_upload_limit.unwrap_or(MOST_BLOB).min(MAX_VIDEO_BYTES)
    }
}

/// What a caller may see and say while a sync runs. Called from many tasks.
pub trait Watch: Send + Sync {
    /// An account has been planned for the first time.
    fn planned(&self, _plan: &AccountPlan) {}
    /// So many items or records are done, one way or the other.
    fn items(&self, _count: usize) {}
    /// So many bytes were uploaded.
    fn uploaded(&self, _bytes: u64) {}
    /// An account is done.
    fn account(&self, _report: &AccountReport) {}
    /// Whether to stop after what is under way.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Nobody watches.
impl Watch for () {}

/// Plans all accounts in scope and changes nothing. The plans reach `watch` as they are made.
///
/// # Errors
/// What keeps the accounts from being listed; what is wrong with one of them is in its report.
pub async fn dry_run(services: &Services, scope: &Scope, watch: &Arc<dyn Watch>) -> Result<Report> {
    plan_each(services, scope, |_| {}, watch).await
}

async fn plan_each(
    services: &Services,
    scope: &Scope,
    adjust: impl Fn(&mut AccountPlan) + Copy,
    watch: &Arc<dyn Watch>,
) -> Result<Report> {
    let reports = each(services, scope, watch, |account| async move {
        let planning = async {
            let plan = purpose::plan(services, scope, &account, |_| true, adjust).await?;
            watch.planned(&plan);
            Ok(AccountReport { weight: weigh(services, &plan).await?, ..AccountReport::planned(&plan) })
        };
        let report = unless_stopped(services, watch, isolated(planning)).await;
        match report {
            Ok(report) => report,
            Err(error) => AccountReport::unplanned(&account, account::count(services, scope, &account).await, &error),
        }
    })
    .await?;
    Ok(gathered(services, reports).await)
}

/// Plans all accounts in scope and carries the plans out; tapes are encoded as the preset says.
///
/// # Errors
/// What keeps the accounts from being listed; what is wrong with one of them is in its report.
pub async fn live(services: &Services, scope: &Scope, preset: &Preset, watch: &Arc<dyn Watch>) -> Result<Report> {
    apply_each(services, scope, &Mirroring(preset), watch).await
}

async fn apply_each(
    services: &Services,
    scope: &Scope,
    purpose: &impl Purpose,
    watch: &Arc<dyn Watch>,
) -> Result<Report> {
    let reports = each(services, scope, watch, |account| async move {
        let applying = isolated(async { Ok(apply::apply(services, scope, purpose, &account, watch).await) });
        let report = match Box::pin(applying).await {
            Ok(report) => report,
            Err(error) => AccountReport::unplanned(&account, account::count(services, scope, &account).await, &error),
        };
        watch.account(&report);
        report
    })
    .await?;
    Ok(gathered(services, reports).await)
}

async fn gathered(services: &Services, reports: impl Stream<Item = AccountReport>) -> Report {
    let mut reports = std::pin::pin!(reports);
    let mut report = Report::default();
    while let Some(account) = reports.next().await {
        report.add(account);
    }
    report.waits = services.waits.past();
    report.accounts.sort_by(|one, other| one.account.cmp(&other.account));
    report
}

async fn log_in(services: &Services, account: &Account) -> Result<Session> {
    session(&services.pds, account).await
}

/// Logs in to an account.
///
/// # Errors
/// When it cannot be written to, or the server declines; [`Error::Identity`] when the server lets us into another.
pub async fn session(pds: &Pds, account: &Account) -> Result<Session> {
    match (&account.did, &account.password) {
        (Some(did), Some(password)) => {
            let session = pds.login(did, password).await?;
            if session.did() == did {
                return Ok(session);
            }
            let (expected, found) = (did.clone(), session.did().to_owned());
            Err(Error::Identity { account: account.name(), expected, found })
        }
        _ => Err(Error::Document {
            subject: account.name(),
            what: format!("has {}", account.blocked().unwrap_or_default()),
        }),
    }
}

/// Ends all waiting for servers that limit once the user wants to stop, for that may take hours. The work then comes to
/// its end by itself, with what it has done so far.
async fn unless_stopped<T>(
    services: &Services,
    watch: &Arc<dyn Watch>,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let stopping = async {
        while !watch.is_cancelled() {
            tokio::time::sleep(LOOKING).await;
        }
        services.waits.stop();
    };
    let work = std::pin::pin!(work);
    match select(work, std::pin::pin!(stopping)).await {
        Either::Left((done, _)) => done,
        Either::Right(((), work)) => work.await,
    }
}
