//! What a plan of all accounts came to, in numbers.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::millisecond;
use serde::{Deserialize, Serialize};

use crate::sync::{AccountReport, Counts, Report};

/// How many accounts that were postponed are named.
const MOST_POSTPONED: usize = 50;

/// What a plan of all accounts came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Planned {
    /// Accounts that were looked at.
    pub accounts: usize,
    /// Accounts of which not all was done that was planned.
    pub accounts_with_failures: usize,
    /// Records that were made.
    pub created: usize,
    /// Records that were changed.
    pub updated: usize,
    /// Records of others whose keys were noted.
    pub adopted: usize,
    /// Records that were deleted: of items that are gone, and second ones.
    pub withdrawn: usize,
    /// Items that were in step already.
    pub unchanged: usize,
    /// Items that were tried and given up.
    pub failed: usize,
    /// Items with which nothing can be done before a person has mended something.
    pub blocked: usize,
    /// Recordings without a video that are to be baked.
    pub bakes: usize,
    /// Bytes of files that were uploaded to the PDS.
    pub uploaded: u64,
    /// Accounts whose turn comes later, because the PDS limits its rate; not more than some of them.
    pub postponed: Vec<Later>,
    /// How many these are.
    pub accounts_postponed: usize,
}

/// An account whose turn comes later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Later {
    /// Its handle, or what else it is known by.
    pub account: String,
    /// Until when.
    #[serde(with = "millisecond::required")]
    pub until: Timestamp,
    /// What is limited.
    pub reason: String,
}

impl Planned {
    /// What a report says, in numbers.
    #[must_use]
    pub fn new(report: &Report, bakes: usize) -> Planned {
        let sum = |count: fn(&Counts) -> usize| report.done.values().map(count).sum();
        let planned = |count: fn(&Counts) -> usize| report.planned.values().map(count).sum();
        let later = report.accounts.iter().filter_map(later);
        Planned {
            accounts: report.accounts_seen,
            accounts_with_failures: report.accounts.iter().filter(|account| account.has_failures()).count(),
            created: sum(|counts| counts.create),
            updated: sum(|counts| counts.update),
            adopted: sum(|counts| counts.adopt),
            withdrawn: sum(|counts| counts.withdraw + counts.duplicate),
            unchanged: planned(|counts| counts.skip),
            failed: report.accounts.iter().map(|account| account.parked.len()).sum(),
            blocked: planned(|counts| counts.blocked),
            bakes,
            uploaded: report.uploaded,
            accounts_postponed: later.clone().count(),
            postponed: later.take(MOST_POSTPONED).collect(),
        }
    }

    /// In words: `4201 accounts: 3 created, 1 failed`.
    #[must_use]
    pub fn text(&self) -> String {
        let numbers = [
            (self.created, "created"),
            (self.updated, "updated"),
            (self.adopted, "adopted"),
            (self.withdrawn, "deleted"),
            (self.bakes, "to be baked"),
            (self.failed, "failed"),
            (self.blocked, "blocked"),
        ];
        let numbers = numbers.into_iter().filter(|(number, _)| *number > 0);
        let mut words: Vec<_> = numbers.map(|(number, word)| format!("{number} {word}")).collect();
        if self.accounts_postponed > 0 {
            words.push(format!("{} postponed", counted(self.accounts_postponed, "account")));
        }
        if words.is_empty() {
            words.push(format!("{} in step", counted(self.unchanged, "item")));
        }
        format!("{}: {}", counted(self.accounts, "account"), words.join(", "))
    }
}

fn later(report: &AccountReport) -> Option<Later> {
    let postponed = report.postponed.as_ref()?;
    Some(Later { account: report.account.clone(), until: postponed.until, reason: postponed.reason.clone() })
}

fn counted(number: usize, name: &str) -> String {
    format!("{number} {name}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::Postponed;

    #[test]
    fn a_plan_says_what_it_did_and_whose_turn_comes_later() {
        let until: Timestamp = "2026-11-26T04:00:00Z".parse().unwrap();
        let reason = "the pds limits writes until then";
        let postponed = Postponed { until, reason: reason.into() };
        let mut report = Report::default();
        report.add(AccountReport {
            account: "maker".into(),
            planned: [("moods", Counts { create: 3, skip: 4, blocked: 1, ..Counts::default() })].into(),
            done: [("moods", Counts { create: 2, duplicate: 1, ..Counts::default() })].into(),
            postponed: Some(postponed),
            ..AccountReport::default()
        });
        let planned = Planned::new(&report, 5);
        let text = "1 account: 2 created, 1 deleted, 5 to be baked, 1 blocked, 1 account postponed";
        assert_eq!(planned.text(), text);
        assert_eq!(planned.postponed, [Later { account: "maker".into(), until, reason: reason.into() }]);
        let stored = serde_json::to_value(&planned).unwrap();
        assert_eq!(serde_json::from_value::<Planned>(stored).unwrap(), planned);
    }

    #[test]
    fn a_plan_with_nothing_to_do_says_that_all_is_well() {
        let planned = Planned { accounts: 2, unchanged: 1, ..Planned::default() };
        assert_eq!(planned.text(), "2 accounts: 1 item in step");
        assert_eq!(serde_json::from_str::<Planned>("{}").unwrap(), Planned::default());
    }
}
