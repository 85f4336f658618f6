//! What a sync came to, for people and for machines.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::Error;
use crate::record::{Item, Medium};
use crate::remote::Waited;
use crate::remote::mongo::{Account, Unusable};

use super::account::AccountPlan;
use super::backup::Saved;
use super::estimate::Weight;
use super::guard::Refused;
use super::plan::Counts;
use super::replacement::{Replacement, Warned};

/// One item that could not be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parked {
    /// Its medium.
    #[serde(serialize_with = "as_name")]
    pub medium: Medium,
    /// Its id in MongoDB.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// Why, in a line that others may share.
    pub reason: String,
    /// What caused that, of this very item.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn as_name<S: serde::Serializer>(medium: &Medium, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(medium.name())
}

impl Parked {
    /// An item and what is wrong with it.
    #[must_use]
    pub fn new(item: &Item, reason: impl Into<String>) -> Self {
        let (medium, id, label) = (item.medium(), item.id.to_string(), item.label());
        Parked { medium, id, label, reason: reason.into(), causes: Vec::new() }
    }

    /// What may be an item and cannot be made sense of.
    #[must_use]
    pub fn unusable(medium: Medium, Unusable { id, code, reason }: &Unusable) -> Self {
        let label = code.as_ref().unwrap_or(id).clone();
        Parked { medium, id: id.clone(), label, reason: reason.clone(), causes: Vec::new() }
    }

    /// An item and the error that it ended with.
    #[must_use]
    pub fn after(item: &Item, error: &Error) -> Self {
        let mut chain = error.chain();
        Parked { causes: chain.split_off(1), ..Parked::new(item, chain.remove(0)) }
    }
}

/// What was put off, because a server limits its rate for longer than there was patience for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Postponed {
    /// Until when.
    pub until: jiff::Timestamp,
    /// What is limited, and until when, in words.
    pub reason: String,
}

/// What was done for one account, or would be.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct AccountReport {
    /// Its handle, or what else it is known by.
    pub account: String,
    /// Its DID, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub did: Option<String>,
    /// What was planned, by medium.
    pub planned: BTreeMap<&'static str, Counts>,
    /// What the plan moves; of plans that are not carried out.
    #[serde(skip_serializing_if = "Weight::is_nothing")]
    pub weight: Weight,
    /// What was done, by medium.
    pub done: BTreeMap<&'static str, Counts>,
    /// Why nothing can be done before a person has mended something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<&'static str>,
    /// Items for which nothing can be done before a person has mended something.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocked_items: Vec<Parked>,
    /// Whether some of them are nobody's, which only who looks after MongoDB can mend.
    #[serde(skip)]
    pub has_ownerless: bool,
    /// What is odd about items with which something can be done all the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Parked>,
    /// Why not all that was planned was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Why not all that was planned was done yet, and when it can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postponed: Option<Postponed>,
    /// Items that were tried and given up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parked: Vec<Parked>,
    /// Records that were to go and stay.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
    /// What was saved before it was deleted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub saved: Vec<Saved>,
    /// Tapes whose video was replaced.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<Replacement>,
    /// Tapes with something odd about them, published all the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warned: Vec<Warned>,
    /// Bytes of blobs uploaded.
    pub uploaded: u64,
}

impl AccountReport {
    /// A plan that was only made.
    #[must_use]
    pub fn planned(plan: &AccountPlan) -> Self {
        let mut report = AccountReport::of(&plan.account);
        report.planned = plan.counts();
        report.blocked = plan.blocked;
        report.has_ownerless = plan.has_ownerless;
        report.blocked_items = plan.blocked_items();
        report.warnings.clone_from(&plan.doubts);
        report.refused.clone_from(&plan.refused);
        report
    }

    /// An account that could not even be planned, with so many items.
    #[must_use]
    pub fn unplanned(account: &Account, items: BTreeMap<&'static str, usize>, error: &Error) -> Self {
        let blocked = |(medium, count)| (medium, Counts { blocked: count, ..Counts::default() });
        let planned = items.into_iter().map(blocked).collect();
        let mut report = AccountReport { planned, ..AccountReport::of(account) };
        report.end(error);
        report
    }

    /// Notes what keeps the rest from being done.
    pub fn end(&mut self, error: &Error) {
        match error {
            Error::Postponed { until, .. } => {
                let is_later = self.postponed.as_ref().is_none_or(|postponed| postponed.until < *until);
                if is_later {
                    self.postponed = Some(Postponed { until: *until, reason: error.to_string() });
                }
            }
            error => self.failed = Some(error.chain().join(": ")),
        }
    }

    /// Nothing yet.
    #[must_use]
    pub fn of(account: &Account) -> Self {
        AccountReport { account: account.name(), did: account.did.clone(), ..AccountReport::default() }
    }

    /// Whether anything went wrong.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        let was_blocked = self.done.values().any(|counts| counts.blocked > 0);
        let is_undone = self.failed.is_some() || self.postponed.is_some() || !self.parked.is_empty();
        is_undone || was_blocked || self.has_ownerless || !self.refused.is_empty()
    }

    /// Whether there is anything to do.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.blocked.is_none() && self.planned.values().any(|counts| !counts.is_settled())
    }
}

/// What was done for all accounts.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// One for each account with anything to do, or with trouble.
    pub accounts: Vec<AccountReport>,
    /// How many accounts there were.
    pub accounts_seen: usize,
    /// What was planned for all of them, by medium.
    pub planned: BTreeMap<&'static str, Counts>,
    /// What the plans move.
    #[serde(skip_serializing_if = "Weight::is_nothing")]
    pub weight: Weight,
    /// What was done for all of them, by medium.
    pub done: BTreeMap<&'static str, Counts>,
    /// Bytes of blobs uploaded.
    pub uploaded: u64,
    /// What servers made it wait for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<Waited>,
}

impl Report {
    /// Adds an account. Those that need no word are only counted, so that this stays small.
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

    /// Whether anything went wrong.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.accounts.iter().any(AccountReport::has_failures)
    }

    /// Whether there is anything to do.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.accounts.iter().any(AccountReport::has_work)
    }

    /// What went wrong, by cause.
    #[must_use]
    pub fn failures(&self) -> Vec<Cause<'_>> {
        self.by_cause(|account| {
            let refused = account.refused.iter().map(|refused| refused.reason.as_str());
            (account.failed.as_deref().into_iter().chain(refused).collect(), &account.parked)
        })
    }

    /// What a person has to mend, by cause.
    #[must_use]
    pub fn blocked(&self) -> Vec<Cause<'_>> {
        self.by_cause(|account| (account.blocked.into_iter().collect(), &account.blocked_items))
    }

    /// What was put off, by what is limited.
    #[must_use]
    pub fn postponed(&self) -> Vec<Cause<'_>> {
        const NONE: &Vec<Parked> = &Vec::new();
        self.by_cause(|account| (account.postponed.iter().map(|postponed| postponed.reason.as_str()).collect(), NONE))
    }

    /// What is odd about items, and about tapes that were published all the same, by what it is.
    #[must_use]
    pub fn warnings(&self) -> Vec<Cause<'_>> {
        let mut warnings: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for tape in self.accounts.iter().flat_map(|account| &account.warned) {
            for warning in &tape.warnings {
                warnings.entry(warning).or_default().push(&tape.code);
            }
        }
        let of_tapes = warnings.into_iter().map(|(reason, labels)| Cause { reason, labels });
        self.by_cause(|account| (Vec::new(), &account.warnings)).into_iter().chain(of_tapes).collect()
    }

    fn by_cause<'a>(
        &'a self,
        troubles: impl Fn(&'a AccountReport) -> (Vec<&'a str>, &'a Vec<Parked>),
    ) -> Vec<Cause<'a>> {
        let mut causes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for account in &self.accounts {
            let (reasons, items) = troubles(account);
            for reason in reasons {
                causes.entry(reason).or_default().push(&account.account);
            }
            for item in items {
                causes.entry(&item.reason).or_default().push(&item.label);
            }
        }
        let mut causes: Vec<_> = causes.into_iter().map(|(reason, labels)| Cause { reason, labels }).collect();
        causes.sort_by_key(|cause| std::cmp::Reverse(cause.labels.len()));
        causes
    }
}

/// One cause of trouble, and what it happened to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause<'a> {
    /// Why.
    pub reason: &'a str,
    /// Codes of items, or handles of accounts.
    pub labels: Vec<&'a str>,
}
