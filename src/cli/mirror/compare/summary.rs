//! Makes all comparisons, shows them as they finish, and sums them up.

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

/// The sum of all comparisons.
#[derive(Default, Serialize)]
pub struct Summary {
    /// The number of accounts compared.
    pub accounts: usize,
    /// The number of accounts that are identical on both sides.
    pub identical: usize,
    /// The reasons why accounts cannot have records, with the number of accounts.
    pub blocked: BTreeMap<&'static str, usize>,
    /// The number of accounts that could not be compared.
    pub failed: usize,
    /// The state of items and records, by medium.
    pub media: BTreeMap<&'static str, Tally>,
    /// Tapes that were published with warnings, by account.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub warned: BTreeMap<String, Vec<Warned>>,
}

impl Summary {
    /// Whether both sides are identical everywhere.
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

/// Compares, shows progress, and passes each account to `tell` as it finishes.
///
/// # Errors
/// If the accounts cannot be listed.
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
