//! Estimates how long plans take, from the work and the server's rate limits.

use std::time::Duration;

use crate::record::Medium;

use super::plan::Counts;
use super::report::Report;

/// The PDS's limit on an account's writes per hour, in points.
const POINTS_AN_HOUR: u64 = 5_000;

/// The PDS's limit on blobs per address and day.
const UPLOADS_A_DAY: u64 = 1_000;

/// Throughput on two cores, rounded down to be pessimistic: the estimate only distinguishes minutes from days.
/// scripts/bench-sync measures 1,000 records, and two tapes of 5 to 10 seconds.
const RECORDS_A_SECOND: u64 = 500;
const PAINTINGS_A_SECOND: u64 = 20;
const TAPES_A_SECOND: u64 = 1;

/// The minimum time for carrying out the plans of a report.
#[must_use]
pub fn expected_time(report: &Report, announces_limits: bool) -> Duration {
    let count = |medium: Medium| report.planned.get(medium.plural()).copied().unwrap_or_default();
    let made = |counts: Counts| (counts.create + counts.update) as u64;
    let (paintings, tapes) = (made(count(Medium::Painting)), made(count(Medium::Tape)));
    let records: u64 = Medium::ALL.into_iter().map(|medium| made(count(medium))).sum();
    let work = Duration::from_secs(
        records.div_ceil(RECORDS_A_SECOND) + paintings.div_ceil(PAINTINGS_A_SECOND) + tapes.div_ceil(TAPES_A_SECOND),
    );
    if !announces_limits {
        return work;
    }
    let most = report.accounts.iter().map(|account| points(account.planned.values())).max().unwrap_or_default();
    let hours = most.saturating_sub(1) / POINTS_AN_HOUR;
    let days = (paintings + 2 * tapes).saturating_sub(1) / UPLOADS_A_DAY;
    work.max(Duration::from_secs(hours * 3_600)).max(Duration::from_secs(days * 86_400))
}

/// The cost of an account's writes in points.
fn points<'a>(counts: impl Iterator<Item = &'a Counts>) -> u64 {
    counts.map(|counts| 3 * counts.create + 2 * counts.update + counts.withdraw + counts.duplicate).sum::<usize>()
        as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::AccountReport;

    fn planned(medium: Medium, create: usize) -> Report {
        let mut report = Report::default();
        let counts = Counts { create, ..Counts::default() };
        report.add(AccountReport { planned: [(medium.plural(), counts)].into(), ..AccountReport::default() });
        report
    }

    #[test]
    fn an_account_with_more_points_than_an_hour_has_takes_more_hours() {
        let hours = |create| expected_time(&planned(Medium::Mood, create), true).as_secs() / 3_600;
        assert_eq!([1_666, 1_667, 5_000].map(hours), [0, 1, 2]);
    }

    #[test]
    fn an_address_with_more_blobs_than_a_day_has_takes_more_days() {
        let days = |create| expected_time(&planned(Medium::Tape, create), true).as_secs() / 86_400;
        assert_eq!([500, 501, 1_500].map(days), [0, 1, 2]);
    }

    #[test]
    fn without_limits_only_the_work_counts() {
        assert_eq!(expected_time(&planned(Medium::Tape, 32), false), Duration::from_secs(33));
    }
}
