//! The result of a plan of all accounts, in numbers.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::millisecond;
use serde::{Deserialize, Serialize};

use crate::sync::{AccountReport, Counts, Report};

/// The most postponed accounts that are named.
const MOST_POSTPONED: usize = 50;

/// The result of a plan of all accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Planned {
    /// Accounts planned.
    pub accounts: usize,
    /// Accounts with failures.
    pub accounts_with_failures: usize,
    /// Records created.
    pub created: usize,
    /// Records updated.
    pub updated: usize,
    /// Existing records whose keys were stored.
    pub adopted: usize,
    /// Records deleted: orphans and duplicates.
    pub withdrawn: usize,
    /// Items already in step.
    pub unchanged: usize,
    /// Items that failed.
    pub failed: usize,
    /// Items that a person must fix first.
    pub blocked: usize,
    /// Recordings without a video, for which a bake was requested.
    pub bakes: usize,
    /// Bytes uploaded to the PDS.
    pub uploaded: u64,
    /// Accounts postponed because of a rate limit of the PDS; at most 50.
    pub postponed: Vec<Later>,
    /// The number of all postponed accounts.
    pub accounts_postponed: usize,
}

/// A postponed account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Later {
    /// Its handle, or another name.
    pub account: String,
    /// The end of the delay.
    #[serde(with = "millisecond::required")]
    pub until: Timestamp,
    /// The limit.
    pub reason: String,
}

impl Planned {
    /// The numbers of a report.
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
