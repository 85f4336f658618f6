//! What was done for one account, or would be.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::{Error, RemoteError};
use crate::remote::mongo::Account;
use crate::sync::backup::Saved;
use crate::sync::make::{Replacement, Warned};
use crate::sync::parked::{Failure, Parked, Refused};
use crate::sync::plan::{AccountPlan, Counts};
use crate::sync::weight::Weight;

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
    pub failed: Option<Failure>,
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
            Error::Remote(RemoteError::Postponed { until, .. }) => {
                let is_later = self.postponed.as_ref().is_none_or(|postponed| postponed.until < *until);
                if is_later {
                    self.postponed = Some(Postponed { until: *until, reason: error.to_string() });
                }
            }
            error => self.failed = Some(Failure::of(error)),
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
