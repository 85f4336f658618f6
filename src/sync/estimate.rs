//! Estimates how long plans take, from the work and the server's rate limits.
//!
//! A limit admits its points at once and the next ones in a later window. A plan that needs more waits for whole windows,
//! and its last part starts with the last of them.

use std::time::Duration;

use derive_more::AddAssign;

use crate::record::Medium;
use crate::remote::pds::{Limit, MOST_WRITES, Scope, Server};

use super::report::{AccountReport, Report};

/// The reference PDS's limits, used for kinds of requests that have not shown theirs.
const REQUESTS: Quota = Quota::full(3_000, Duration::from_mins(5));
const UPLOADS: Quota = Quota::full(1_000, Duration::from_hours(24));
/// Of each account.
const WRITES: [Quota; 2] = [Quota::full(5_000, Duration::from_hours(1)), Quota::full(35_000, Duration::from_hours(24))];

/// Throughput with program and servers on two cores, measured by scripts/bench-sync. The reference PDS hashes a password
/// for each login, and a commit costs it as much as many records.
const LOGINS_A_SECOND: f64 = 4.0;
const COMMITS_A_SECOND: f64 = 50.0;
const RECORDS_A_SECOND: f64 = 1_000.0;
const PAINTINGS_A_SECOND: f64 = 20.0;
const TAPES_A_SECOND: f64 = 2.0;

/// The time for carrying out the plans of a report, within the server's limits as far as responses have shown them.
#[must_use]
pub fn expected_time(report: &Report, server: &Server, seen: &[Limit]) -> Duration {
    let mut all = Need::default();
    let mut time = Duration::ZERO;
    for account in &report.accounts {
        let need = Need::of(account);
        all += need;
        if server.announces_limits {
            let writes = account.did.as_ref().map(|did| Scope::Writes(did.clone()));
            let quotas = known(seen, writes.as_ref(), &WRITES);
            time = quotas.iter().map(|quota| need.time(need.points, quota)).fold(time, Duration::max);
        }
    }
    if server.announces_limits {
        for (points, scope, reference) in
            [(all.requests(), Scope::Everything, REQUESTS), (all.uploads(), Scope::Uploads, UPLOADS)]
        {
            let quotas = known(seen, Some(&scope), &[reference]);
            time = quotas.iter().map(|quota| all.time(points, quota)).fold(time, Duration::max);
        }
    }
    time.max(all.work())
}

/// The quotas of a scope: those seen, and the reference's for other windows, because a response shows only the one with
/// the least left.
fn known(seen: &[Limit], scope: Option<&Scope>, reference: &[Quota]) -> Vec<Quota> {
    let mut quotas: Vec<_> = seen.iter().filter(|limit| Some(&limit.scope) == scope).map(Quota::of).collect();
    let is_seen = |window| quotas.iter().any(|quota| quota.window == window);
    let unseen: Vec<_> = reference.iter().copied().filter(|quota| !is_seen(quota.window)).collect();
    quotas.extend(unseen);
    quotas
}

/// What is left of a limit.
#[derive(Debug, Clone, Copy)]
struct Quota {
    points: u64,
    window: Duration,
    remaining: u64,
    resets_in: Duration,
}

impl Quota {
    const fn full(points: u64, window: Duration) -> Quota {
        Quota { points, window, remaining: points, resets_in: window }
    }

    fn of(limit: &Limit) -> Quota {
        let Limit { points, window, remaining, resets_in, .. } = *limit;
        Quota { points: u64::from(points).max(1), window, remaining: remaining.into(), resets_in }
    }

    /// The start of the window that admits the last of some points, and the number of points in it.
    fn last_window(&self, points: u64) -> (Duration, u64) {
        let Some(later) = points.checked_sub(self.remaining).filter(|later| *later > 0) else {
            return (Duration::ZERO, points);
        };
        let windows = (later - 1) / self.points;
        let length = self.window.saturating_mul(u32::try_from(windows).unwrap_or(u32::MAX));
        (self.resets_in.saturating_add(length), later - windows * self.points)
    }
}

/// What plans need of the server and of us.
#[derive(AddAssign, Debug, Clone, Copy, Default)]
struct Need {
    logins: u64,
    /// Requests for the blobs that an account has.
    lists: u64,
    commits: u64,
    records: u64,
    paintings: u64,
    tapes: u64,
    /// Of the limit of an account's writes.
    points: u64,
}

impl Need {
    fn of(account: &AccountReport) -> Need {
        let mut need = Need::default();
        for (medium, counts) in &account.planned {
            let made = (counts.create + counts.update) as u64;
            let deleted = (counts.withdraw + counts.duplicate) as u64;
            need.records += made + deleted;
            need.points += (3 * counts.create + 2 * counts.update) as u64 + deleted;
            // Each medium has its own.
            need.commits += (made + deleted).div_ceil(MOST_WRITES as u64);
            if *medium == Medium::Painting.plural() {
                need.paintings += made;
            } else if *medium == Medium::Tape.plural() {
                need.tapes += made;
            }
        }
        need.logins = u64::from(need.commits > 0);
        need.lists = u64::from(need.uploads() > 0);
        need
    }

    /// A thumbnail for each, and a video for each tape.
    fn uploads(&self) -> u64 {
        self.paintings + 2 * self.tapes
    }

    fn requests(&self) -> u64 {
        self.logins + self.lists + self.commits + self.uploads()
    }

    /// The time for all of it without limits.
    fn work(&self) -> Duration {
        let parts = [
            (self.logins, LOGINS_A_SECOND),
            (self.commits, COMMITS_A_SECOND),
            (self.records, RECORDS_A_SECOND),
            (self.paintings, PAINTINGS_A_SECOND),
            (self.tapes, TAPES_A_SECOND),
        ];
        Duration::from_secs_f64(parts.iter().map(|(count, rate)| *count as f64 / rate).sum())
    }

    /// The time for all of it if it needs that many points of one quota.
    fn time(&self, points: u64, quota: &Quota) -> Duration {
        let (start, last) = quota.last_window(points);
        start.saturating_add(self.work().mul_f64(last as f64 / points.max(1) as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::Counts;

    const HOUR: u64 = 3_600;

    fn planned(medium: Medium, create: usize) -> Report {
        let mut report = Report::default();
        let counts = Counts { create, ..Counts::default() };
        let (did, planned) = (Some("did:plc:a".to_owned()), [(medium.plural(), counts)].into());
        report.add(AccountReport { did, planned, ..AccountReport::default() });
        report
    }

    fn server(announces_limits: bool) -> Server {
        let did = "did:web:pds.example".into();
        Server { did, blob_upload_limit: None, user_domains: Vec::new(), needs_invite_code: false, announces_limits }
    }

    fn writes() -> Scope {
        Scope::Writes("did:plc:a".into())
    }

    /// A limit of points in a number of seconds, and what is left of it for how many seconds.
    fn limit(scope: Scope, (points, window): (u32, u64), (remaining, resets_in): (u32, u64)) -> Limit {
        let [window, resets_in] = [window, resets_in].map(Duration::from_secs);
        Limit { scope, points, window, remaining, resets_in }
    }

    fn seconds(report: &Report, seen: &[Limit]) -> u64 {
        expected_time(report, &server(true), seen).as_secs()
    }

    #[test]
    fn an_account_with_more_points_than_an_hour_has_takes_more_hours() {
        let hours = |create| seconds(&planned(Medium::Mood, create), &[]) / HOUR;
        assert_eq!([1_666, 1_667, 5_000].map(hours), [0, 1, 2]);
    }

    #[test]
    fn an_address_with_more_blobs_than_a_day_has_takes_more_days() {
        let days = |create| seconds(&planned(Medium::Tape, create), &[]) / (24 * HOUR);
        assert_eq!([500, 501, 1_500].map(days), [0, 1, 2]);
    }

    #[test]
    fn thousands_of_accounts_wait_for_the_limit_of_requests() {
        let mut report = Report::default();
        for _ in 0..4_000 {
            planned(Medium::Mood, 2).accounts.into_iter().for_each(|account| report.add(account));
        }
        // 8,000 requests need three windows of 5 minutes, which pass while 4,000 passwords are hashed.
        let work = Duration::from_secs(4_000 / 4 + 4_000 / 50 + 8);
        assert_eq!(expected_time(&report, &server(true), &[]), work);
        let lower = limit(Scope::Everything, (1_000, 300), (1_000, 300));
        assert_eq!(seconds(&report, &[lower]), 7 * 300 + work.as_secs() / 8);
    }

    #[test]
    fn what_an_earlier_run_has_used_of_a_limit_counts() {
        let used = limit(writes(), (5_000, HOUR), (300, 600));
        let minutes = |create| seconds(&planned(Medium::Mood, create), std::slice::from_ref(&used)) / 60;
        assert_eq!([100, 101, 1_767].map(minutes), [0, 10, 70]);
    }

    #[test]
    fn a_limit_that_was_seen_hides_no_other() {
        let seen = limit(writes(), (5_000, HOUR), (5_000, HOUR));
        for seen in [&[][..], &[seen]] {
            let days = |create| seconds(&planned(Medium::Mood, create), seen) / (24 * HOUR);
            assert_eq!([11_666, 11_667].map(days), [0, 1]);
        }
    }

    #[test]
    fn without_limits_only_the_work_counts() {
        let time = expected_time(&planned(Medium::Tape, 32), &server(false), &[]);
        assert_eq!(time.as_secs(), 16);
    }

    #[test]
    fn the_last_window_has_between_one_point_and_all() {
        let hour = Duration::from_hours(1);
        let quota = Quota { points: 10, window: hour, remaining: 3, resets_in: hour / 2 };
        for (points, start, last) in [(0, 0, 0), (3, 0, 3), (4, 30, 1), (13, 30, 10), (14, 90, 1), (23, 90, 10)] {
            assert_eq!(quota.last_window(points), (Duration::from_mins(start), last), "{points}");
        }
    }
}
