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

mod account;
mod apply;
mod batch;
mod estimate;
mod files;
mod places;
mod plan;
mod report;

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use rayon::ThreadPool;
use regex::Regex;
use tokio::sync::Semaphore;

use crate::error::Result;
use crate::record::{Id, Item, Medium};
use crate::remote::mongo::{Account, Mongo, Owner};
use crate::remote::pds::{MOST_BLOB, Pds, Server};
use crate::remote::spaces::Spaces;
use crate::video::Preset;

pub use account::{AccountPlan, read};
pub use estimate::{Weight, expected_time, weigh};
pub use files::{Made, make};
pub use places::{Buckets, Place};
pub use plan::{Action, Counts, MissingFiles, Nuked, Plan, Step};
pub use report::{AccountReport, Cause, Parked, Report};

/// Looking for this many files at once is quick and still polite.
const LOOKUPS: usize = 16;

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
    /// Where files lie that do not say so.
    pub buckets: Buckets,
    /// What all videos are encoded in.
    pub pool: Arc<ThreadPool>,
    /// Tapes being encoded: as many as the pool has threads, since each keeps one busy at least.
    pub encoders: Semaphore,
}

impl Services {
    /// Bytes that a video may have: what its lexicon allows, or what the PDS takes if that is less.
    fn video_limit(&self) -> u64 {
        self.server.blob_upload_limit.unwrap_or(MOST_BLOB).min(MAX_VIDEO_BYTES)
    }
}

/// What to sync, and how.
pub struct Settings {
    /// Which media.
    pub media: Vec<Medium>,
    /// Which accounts.
    pub accounts: Accounts,
    /// Which items.
    pub items: Items,
    /// How many items of each account and medium are worked on at most.
    pub limit: Option<usize>,
    /// How tapes are encoded.
    pub preset: Preset,
    /// What becomes of items that were taken back.
    pub nuked: Nuked,
    /// How many accounts are worked on at the same time.
    pub users_at_once: usize,
}

/// Which accounts.
pub enum Accounts {
    /// All of them.
    All,
    /// That of what was made without an account.
    Guest,
    /// Those whose handle matches.
    Matching(Regex),
    /// That of one owner.
    Of(Owner),
}

impl Accounts {
    fn includes(&self, account: &Account) -> bool {
        match self {
            Accounts::All => true,
            Accounts::Guest => account.owner == Owner::Guest,
            Accounts::Matching(pattern) => account.pds_handle.as_deref().is_some_and(|handle| pattern.is_match(handle)),
            Accounts::Of(owner) => account.owner == *owner,
        }
    }
}

/// Which items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Items {
    /// All of them.
    All,
    /// Those with that code.
    Code(String),
    /// One.
    Id(Id),
}

impl Items {
    fn includes(&self, item: &Item) -> bool {
        match self {
            Items::All => true,
            Items::Code(code) => item.code() == Some(code),
            Items::Id(id) => item.id == *id,
        }
    }
}

/// What a caller may see and say while a sync runs. Called from many tasks.
pub trait Watch: Send + Sync {
    /// An account has been planned for the first time.
    fn planned(&self, _plan: &AccountPlan) {}
    /// An item is done, one way or the other.
    fn item(&self, _account: &Account, _medium: Medium) {}
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

/// Plans all chosen accounts and changes nothing. The plans reach `watch` as they are made.
///
/// # Errors
/// What keeps the accounts from being listed; what is wrong with one of them is in its report.
pub async fn dry_run(services: &Services, settings: &Settings, watch: &Arc<dyn Watch>) -> Result<Report> {
    each(services, settings, |account| async move {
        match read(services, settings, &account, |_| true).await {
            Ok(plan) => {
                watch.planned(&plan);
                match weigh(services, &plan).await {
                    Ok(weight) => AccountReport { weight, ..AccountReport::planned(&plan) },
                    Err(error) => AccountReport::failed(&account, &error),
                }
            }
            Err(error) => AccountReport::failed(&account, &error),
        }
    })
    .await
}

/// Plans all chosen accounts and carries the plans out.
///
/// # Errors
/// What keeps the accounts from being listed; what is wrong with one of them is in its report.
pub async fn live(services: &Services, settings: &Settings, watch: &Arc<dyn Watch>) -> Result<Report> {
    each(services, settings, |account| async move {
        let report = Box::pin(apply::sync(services, settings, &account, watch)).await;
        watch.account(&report);
        report
    })
    .await
}

/// Does something for each chosen account, a few at once, and gathers what comes of it.
async fn each<'a, F>(services: &'a Services, settings: &'a Settings, work: impl Fn(Account) -> F + 'a) -> Result<Report>
where
    F: Future<Output = AccountReport> + 'a,
{
    let makers = services.mongo.owners_with_items(&settings.media).await?;
    // Read to the end before anything is done: the server forgets a cursor that waits for long.
    let accounts: Vec<Account> = services.mongo.accounts().try_collect().await?;
    let known: HashSet<&Owner> = accounts.iter().map(|account| &account.owner).collect();
    let strangers: Vec<_> = makers.keys().filter(|owner| !known.contains(owner)).map(Account::unknown).collect();
    // Who has neither made anything nor an account is no trouble to anybody.
    let is_concerned = |account: &Account| account.did.is_some() || makers.contains_key(&account.owner);
    let chosen = accounts.iter().chain(&strangers).filter(|account| settings.accounts.includes(account));
    let chosen: Vec<Account> = chosen.filter(|account| is_concerned(account)).cloned().collect();
    let reports = stream::iter(chosen).map(work).buffer_unordered(settings.users_at_once);
    let mut report = Report::default();
    let mut reports = std::pin::pin!(reports);
    while let Some(account) = reports.next().await {
        report.add(account);
    }
    report.accounts.sort_by(|one, other| one.account.cmp(&other.account));
    Ok(report)
}
