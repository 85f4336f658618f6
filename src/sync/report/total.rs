//! The report on all accounts: totals, and problems by cause.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::Advice;
use crate::remote::Waited;
use crate::sync::parked::Parked;
use crate::sync::plan::Counts;
use crate::sync::weight::Weight;

use super::account::AccountReport;

/// The report on all accounts.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// The reports on accounts with work or problems.
    pub accounts: Vec<AccountReport>,
    /// The number of accounts seen.
    pub accounts_seen: usize,
    /// Planned work of all accounts, by medium.
    pub planned: BTreeMap<&'static str, Counts>,
    /// The data that the plans move.
    #[serde(skip_serializing_if = "Weight::is_nothing")]
    pub weight: Weight,
    /// Completed work of all accounts, by medium.
    pub done: BTreeMap<&'static str, Counts>,
    /// Bytes of blobs uploaded.
    pub uploaded: u64,
    /// Waits for rate-limited servers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<Waited>,
}

impl Report {
    /// Adds an account. Accounts with nothing to report are only counted, so that this stays small.
    pub fn add(&mut self, account: AccountReport) {
        self.accounts_seen += 1;
        self.uploaded += account.uploaded;
        self.weight += account.weight;
        for (sum, counts) in [(&mut self.planned, &account.planned), (&mut self.done, &account.done)] {
            for (medium, counts) in counts {
                *sum.entry(medium).or_default() += *counts;
            }
        }
        let has_blocked = account.blocked.is_some() || !account.blocked_items.is_empty();
        if account.has_work() || account.has_failures() || has_blocked || !account.warnings.is_empty() {
            self.accounts.push(account);
        }
    }

    /// Whether there are failures.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.accounts.iter().any(AccountReport::has_failures)
    }

    /// Whether there is work.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.accounts.iter().any(AccountReport::has_work)
    }

    /// Failures by cause.
    #[must_use]
    pub fn failures(&self) -> Vec<Cause<'_>> {
        self.by_cause(|account| {
            let failed = account.failed.iter().map(|failed| (failed.reason.as_str(), failed.advice));
            let refused = account.refused.iter().map(|refused| (refused.reason.as_str(), None));
            (failed.chain(refused).collect(), &account.parked)
        })
    }

    /// Blocked items and accounts, by cause.
    #[must_use]
    pub fn blocked(&self) -> Vec<Cause<'_>> {
        self.by_cause(|account| {
            (account.blocked.into_iter().map(|reason| (reason, None)).collect(), &account.blocked_items)
        })
    }

    /// Postponed work, by limited resource.
    #[must_use]
    pub fn postponed(&self) -> Vec<Cause<'_>> {
        const NONE: &Vec<Parked> = &Vec::new();
        self.by_cause(|account| {
            (account.postponed.iter().map(|postponed| (postponed.reason.as_str(), None)).collect(), NONE)
        })
    }

    /// Warnings about items and published tapes, by cause.
    #[must_use]
    pub fn warnings(&self) -> Vec<Cause<'_>> {
        let mut warnings: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for tape in self.accounts.iter().flat_map(|account| &account.warned) {
            for warning in &tape.warnings {
                warnings.entry(warning).or_default().push(&tape.code);
            }
        }
        let of_tapes = warnings.into_iter().map(|(reason, labels)| Cause { reason, advice: None, labels });
        self.by_cause(|account| (Vec::new(), &account.warnings)).into_iter().chain(of_tapes).collect()
    }

    fn by_cause<'a>(
        &'a self,
        troubles: impl Fn(&'a AccountReport) -> (Vec<(&'a str, Option<Advice>)>, &'a Vec<Parked>),
    ) -> Vec<Cause<'a>> {
        let mut causes: BTreeMap<&str, (Option<Advice>, Vec<&str>)> = BTreeMap::new();
        for account in &self.accounts {
            let (reasons, items) = troubles(account);
            let items = items.iter().map(|item| (item.reason.as_str(), item.advice, item.label.as_str()));
            let accounts = reasons.into_iter().map(|(reason, advice)| (reason, advice, account.account.as_str()));
            for (reason, advice, label) in accounts.chain(items) {
                causes.entry(reason).or_insert_with(|| (advice, Vec::new())).1.push(label);
            }
        }
        let mut causes: Vec<_> =
            causes.into_iter().map(|(reason, (advice, labels))| Cause { reason, advice, labels }).collect();
        causes.sort_by_key(|cause| std::cmp::Reverse(cause.labels.len()));
        causes
    }
}

/// A cause, and the affected items or accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause<'a> {
    /// The reason.
    pub reason: &'a str,
    /// What would help.
    pub advice: Option<Advice>,
    /// Codes of items, or handles of accounts.
    pub labels: Vec<&'a str>,
}
