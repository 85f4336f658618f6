//! All comparisons: made, shown as they come, and summed up.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::sync::{
    self, AccountComparison, Accounts, Guards, Items, Nuked, Orphans, Policy, Scope, Services, Tally, Warned,
};

use super::super::network;
use super::super::selection::MediaArguments;
use super::super::sync::SyncProgress;
use crate::cli::progress::interrupted;

/// All items of these accounts and media.
pub fn scope(accounts: Accounts, media: &MediaArguments, nuked: Nuked, users_at_once: usize) -> Scope {
    Scope {
        media: media.media(),
        accounts,
        items: Items::All,
        limit: None,
        policy: Policy { nuked, orphans: Orphans::Report },
        guards: Guards::default(),
        looks_for_recordings: true,
        users_at_once,
    }
}

/// What all comparisons come to.
#[derive(Default, Serialize)]
pub struct Summary {
    /// How many accounts were compared.
    pub accounts: usize,
    /// How many of them say the same on both sides.
    pub identical: usize,
    /// Why accounts cannot have records, and how many there are of each.
    pub blocked: BTreeMap<&'static str, usize>,
    /// How many accounts could not be compared.
    pub failed: usize,
    /// How many items and records stand how, by medium.
    pub media: BTreeMap<&'static str, Tally>,
    /// Tapes that were published although something is odd about them, by account.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub warned: BTreeMap<String, Vec<Warned>>,
}

impl Summary {
    /// Whether both sides say the same everywhere.
    pub fn is_identical(&self) -> bool {
        self.identical == self.accounts
    }

    fn add(&mut self, comparison: &AccountComparison) {
        self.accounts += 1;
        self.identical += usize::from(comparison.is_identical());
        self.failed += usize::from(comparison.failed.is_some());
        if let Some(reason) = comparison.blocked {
            *self.blocked.entry(reason).or_default() += 1;
        }
        if !comparison.warned.is_empty() {
            self.warned.insert(comparison.account.clone(), comparison.warned.clone());
        }
        for (medium, tally) in &comparison.media {
            *self.media.entry(medium).or_default() += *tally;
        }
    }
}

/// Compares, shows progress, and tells of every account as it is done.
///
/// # Errors
/// What keeps the accounts from being listed.
pub async fn summarize(
    services: &Services,
    scope: &Scope,
    download: bool,
    mut tell: impl FnMut(&AccountComparison),
) -> Result<Summary> {
    network::tell_what_is_slow(services, scope).await;
    let progress = SyncProgress::planning();
    let mut comparisons = std::pin::pin!(sync::compare(services, scope, download, &progress.control).await?);
    let mut summary = Summary::default();
    while let Some(comparison) = comparisons.next().await {
        summary.add(&comparison);
        progress.suspend(|| tell(&comparison));
    }
    progress.finish();
    if interrupted() { Err(Error::Interrupted) } else { Ok(summary) }
}
