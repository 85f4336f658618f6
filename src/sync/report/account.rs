//! The report on one account: planned and completed work.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::{Error, RemoteError};
use crate::remote::mongo::Account;
use crate::sync::backup::Saved;
use crate::sync::make::{Replacement, Warned};
use crate::sync::parked::{Failure, Parked, Refused};
use crate::sync::plan::{AccountPlan, Counts};
use crate::sync::weight::Weight;

/// Work that was postponed, because a server limits its rate for longer than the patience allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Postponed {
    /// The end of the limit.
    pub until: jiff::Timestamp,
    /// The limited resource and the end of the limit, as text.
    pub reason: String,
}

/// The report on one account.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct AccountReport {
    /// Its handle or other name.
    pub account: String,
    /// Its DID, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub did: Option<String>,
    /// Planned work, by medium.
    pub planned: BTreeMap<&'static str, Counts>,
    /// The data that the plan moves; only for plans that are not carried out.
    #[serde(skip_serializing_if = "Weight::is_nothing")]
    pub weight: Weight,
    /// Completed work, by medium.
    pub done: BTreeMap<&'static str, Counts>,
    /// Why the account is blocked until an operator fixes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<&'static str>,
    /// Items that are blocked until an operator fixes them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocked_items: Vec<Parked>,
    /// Whether some of them have no owner, which must be fixed in MongoDB.
    #[serde(skip)]
    pub has_ownerless: bool,
    /// Warnings about items that are still processed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Parked>,
    /// Why the plan was not completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<Failure>,
    /// Why part of the plan was postponed, and until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postponed: Option<Postponed>,
    /// Items that failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parked: Vec<Parked>,
    /// Records whose deletion was refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
    /// Backups made before deletions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub saved: Vec<Saved>,
    /// Tapes whose video was replaced.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<Replacement>,
    /// Tapes that were published with warnings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warned: Vec<Warned>,
    /// Bytes of blobs uploaded.
    pub uploaded: u64,
}

impl AccountReport {
    /// The report on a plan that is not carried out.
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

    /// The report on an account that could not be planned, with its numbers of items.
    #[must_use]
    pub fn unplanned(account: &Account, items: BTreeMap<&'static str, usize>, error: &Error) -> Self {
        let blocked = |(medium, count)| (medium, Counts { blocked: count, ..Counts::default() });
        let planned = items.into_iter().map(blocked).collect();
        let mut report = AccountReport { planned, ..AccountReport::of(account) };
        report.end(error);
        report
    }

    /// Notes the error that ended the work.
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

    /// An empty report.
    #[must_use]
    pub fn of(account: &Account) -> Self {
        AccountReport { account: account.name(), did: account.did.clone(), ..AccountReport::default() }
    }

    /// Whether there are failures.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        let was_blocked = self.done.values().any(|counts| counts.blocked > 0);
        let is_undone = self.failed.is_some() || self.postponed.is_some() || !self.parked.is_empty();
        is_undone || was_blocked || self.has_ownerless || !self.refused.is_empty()
    }

    /// Whether there is work.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.blocked.is_none() && self.planned.values().any(|counts| !counts.is_settled())
    }
}
