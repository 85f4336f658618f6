//! The consequences of the end of an attempt. Pure.

use std::time::Duration;

use jiff::Timestamp;

use crate::error::{AddressProblem, Disposition, Error, RemoteError, ServeError, SyncError};
use crate::sync::AccountReport;

use super::job::{Failure, Outcome};

/// The number of workers that may disappear during a job before it is parked.
pub const MOST_DEATHS: u32 = 3;

/// The first pause before another attempt; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// The longest pause before another attempt.
const LONGEST_PAUSE: Duration = Duration::from_mins(15);

/// The pauses after failed deliveries of webhooks: those that Standard Webhooks recommends.
const WEBHOOK_PAUSES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];

/// The number of attempts at failing work, and the pauses between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// An attempt panicked or took too long.
    Fault,
    /// A file is missing or not readable yet, because the site announces some early: half a minute.
    Look,
    /// A server fails: pauses of up to [`LONGEST_PAUSE`], for four days.
    Server,
    /// A server's rate limit must end first, which is no failure: as often as necessary.
    Limit,
    /// An endpoint does not accept a webhook: three days.
    Endpoint,
}

impl Patience {
    fn most_attempts(self) -> u32 {
        match self {
            Patience::Fault => 3,
            Patience::Look => 5,
            Patience::Server => 400,
            Patience::Limit => u32::MAX,
            Patience::Endpoint => WEBHOOK_PAUSES.len() as u32 + 1,
        }
    }

    /// The pause after an attempt, random so that jobs that failed together do not return together.
    fn pause(self, attempt: u32) -> Duration {
        let made = attempt.saturating_sub(1);
        match self {
            Patience::Endpoint => {
                let pause = WEBHOOK_PAUSES[WEBHOOK_PAUSES.len().min(attempt.max(1) as usize) - 1];
                pause.mul_f64(0.8 + 0.4 * fastrand::f64())
            }
            Patience::Fault | Patience::Look | Patience::Server | Patience::Limit => {
                // A limit ends at a known time, so attempts need not become rarer.
                let made = if self == Patience::Limit { 0 } else { made };
                let longest = FIRST_PAUSE.saturating_mul(1 << made.min(16)).min(LONGEST_PAUSE);
                longest.mul_f64(0.5 + 0.5 * fastrand::f64())
            }
        }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// The work is done.
    Done(Outcome),
    /// Another attempt may succeed.
    Failed {
        /// The failure.
        failure: Failure,
        /// The earliest time of the next attempt, if known.
        after: Option<Timestamp>,
        /// The number of attempts, and their pauses.
        patience: Patience,
    },
    /// No attempt can succeed.
    Hopeless(Failure),
    /// The worker must stop; the work has not failed.
    Interrupted,
}

/// The next state of a job after an attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// It is done.
    Done(Outcome),
    /// It is retried after a pause.
    Wait(Failure, Duration),
    /// It failed for good, until a person retries it.
    Park(Failure),
    /// Another worker takes it at once, and the attempt does not count.
    Release,
}

impl End {
    /// The end of an attempt with an error.
    #[must_use]
    pub fn of(error: &Error) -> End {
        let failure = Failure { code: error.code().into(), text: error.chain().join(": ") };
        match error {
            Error::Interrupted => End::Interrupted,
            Error::Panicked { .. } => End::Failed { failure, after: None, patience: Patience::Fault },
            Error::Sync(SyncError::NotFound { .. })
            | Error::Remote(
                RemoteError::NotReadable { .. } | RemoteError::Address { problem: AddressProblem::Absent, .. },
            ) => End::Failed { failure, after: None, patience: Patience::Look },
            Error::Remote(RemoteError::Postponed { until: after, .. }) => {
                End::Failed { failure, after: Some(*after), patience: Patience::Limit }
            }
            Error::Serve(ServeError::Declined { after: Some(after), .. }) => {
                End::Failed { failure, after: Some(*after), patience: Patience::Server }
            }
            error => End::from_disposition(failure, error.disposition()),
        }
    }

    /// The end of an attempt that took too long.
    #[must_use]
    pub fn timed_out(limit: Duration) -> End {
        let text = format!("attempt takes more than {} s", limit.as_secs());
        End::Failed { failure: Failure { code: "job.too-slow".into(), text }, after: None, patience: Patience::Fault }
    }

    /// The end of an attempt at one item.
    #[must_use]
    pub fn of_report(report: &AccountReport) -> End {
        if let Some(postponed) = &report.postponed {
            let failure = Failure { code: "pds.throttled".into(), text: postponed.reason.clone() };
            return End::Failed { failure, after: Some(postponed.until), patience: Patience::Limit };
        }
        if let Some(failed) = &report.failed {
            let failure = Failure { code: failed.code.into(), text: failed.reason.clone() };
            if failed.code == Error::Interrupted.code() {
                return End::Interrupted;
            }
            return End::from_disposition(failure, failed.disposition);
        }
        if let Some(parked) = report.parked.iter().chain(&report.blocked_items).next() {
            let text = [std::slice::from_ref(&parked.reason), &parked.causes].concat().join(": ");
            return End::from_disposition(Failure { code: parked.code.into(), text }, parked.disposition);
        }
        // Thousands of users have no account; that is not a failure.
        let note = report.blocked.map_or_else(|| done(report), str::to_owned);
        End::Done(Outcome::Noted(note))
    }

    fn from_disposition(failure: Failure, disposition: Disposition) -> End {
        match disposition {
            Disposition::Retry { after } => End::Failed { failure, after, patience: Patience::Server },
            // Each attempt starts with a read.
            Disposition::LookFirst => End::Failed { failure, after: None, patience: Patience::Server },
            Disposition::Drop => End::Hopeless(failure),
        }
    }

    /// The next state of a job; `attempt` counts its attempts, including this one.
    #[must_use]
    pub fn next(self, attempt: u32, now: Timestamp) -> Next {
        match self {
            End::Done(outcome) => Next::Done(outcome),
            End::Failed { failure, patience, .. } if attempt >= patience.most_attempts() => Next::Park(failure),
            End::Failed { failure, after, patience } => {
                let announced = after.and_then(|after| Duration::try_from(after.duration_since(now)).ok());
                Next::Wait(failure, patience.pause(attempt).max(announced.unwrap_or_default()))
            }
            End::Hopeless(failure) => Next::Park(failure),
            End::Interrupted => Next::Release,
        }
    }
}

/// The changes for an item, in words: `1 created`.
fn done(report: &AccountReport) -> String {
    let words = report.done.values().flat_map(|counts| {
        [
            (counts.create, "created"),
            (counts.update, "updated"),
            (counts.adopt, "adopted"),
            (counts.withdraw, "withdrawn"),
        ]
    });
    let words: Vec<_> = words.filter(|(count, _)| *count > 0).map(|(_, word)| word).collect();
    if words.is_empty() { "nothing to do".into() } else { words.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::TapeError;
    use crate::sync::Postponed;

    fn unavailable() -> Error {
        Error::Remote(RemoteError::Unavailable { call: "getRecord", attempts: 5, source: "no route".into() })
    }

    #[test]
    fn what_never_gets_better_is_parked_at_once_and_other_failures_wait() {
        let now = Timestamp::now();
        for hopeless in [Error::Tape(TapeError::NoFrames), Error::Sync(SyncError::Key)] {
            let code = hopeless.code();
            let next = End::of(&hopeless).next(1, now);
            assert!(matches!(&next, Next::Park(failure) if failure.code == code), "{next:?}");
        }
        assert!(matches!(End::of(&unavailable()).next(1, now), Next::Wait(..)));
        assert!(matches!(End::of(&unavailable()).next(Patience::Server.most_attempts(), now), Next::Park(_)));
        assert_eq!(End::of(&Error::Interrupted).next(1, now), Next::Release);
    }

    #[test]
    fn a_file_that_is_not_there_yet_is_looked_for_again() {
        let now = Timestamp::now();
        let missing = || End::of(&Error::Sync(SyncError::NotFound { source: "looked".into() }));
        assert!(matches!(missing().next(Patience::Look.most_attempts() - 1, now), Next::Wait(..)));
        assert!(matches!(missing().next(Patience::Look.most_attempts(), now), Next::Park(_)));
    }

    #[test]
    fn a_fault_of_ours_is_tried_three_times() {
        let fault = || End::of(&Error::Panicked { source: "index".into() });
        let now = Timestamp::now();
        assert!(matches!(fault().next(2, now), Next::Wait(..)));
        assert!(matches!(fault().next(3, now), Next::Park(failure) if failure.code == "telecine.fault"));
        let slow = End::timed_out(Duration::from_mins(30));
        assert!(matches!(slow.next(3, now), Next::Park(failure) if failure.text == "attempt takes more than 1800 s"));
    }

    #[test]
    fn nobody_comes_back_before_the_server_wants_to_be_asked_again() {
        let now = Timestamp::now();
        let until = now + jiff::SignedDuration::from_hours(3);
        let limited = Error::Remote(RemoteError::Postponed { what: "logins", until });
        let Next::Wait(failure, pause) = End::of(&limited).next(1, now) else { panic!("it waits") };
        assert_eq!((failure.code.as_str(), pause), ("pds.throttled", Duration::from_hours(3)));
    }

    #[test]
    fn a_job_waits_for_limits_as_often_as_necessary_and_no_longer_than_they_last() {
        let now = Timestamp::now();
        let until = now + jiff::SignedDuration::from_mins(1);
        let limited = Error::Remote(RemoteError::Postponed { what: "writes", until });
        let report =
            AccountReport { postponed: Some(Postponed { until, reason: "r".into() }), ..AccountReport::default() };
        for attempt in [1, 400, 100_000] {
            for end in [End::of(&limited), End::of_report(&report)] {
                let Next::Wait(_, pause) = end.next(attempt, now) else { panic!("it waits") };
                assert_eq!(pause, Duration::from_mins(1), "{attempt}");
            }
        }
    }

    #[test]
    fn pauses_grow_up_to_a_quarter_of_an_hour() {
        for (attempt, longest) in [(1, 2), (2, 4), (5, 32), (12, 900), (400, 900)] {
            let longest = Duration::from_secs(longest);
            let pause = Patience::Server.pause(attempt);
            assert!(pause >= longest / 2 && pause <= longest, "{attempt}: {pause:?}");
        }
    }

    #[test]
    fn an_endpoint_that_takes_nothing_is_tried_for_three_days_as_the_specification_has_it() {
        let (now, failure) = (Timestamp::now(), Failure { code: "x".into(), text: "y".into() });
        let failed = |after| End::Failed { failure: failure.clone(), after, patience: Patience::Endpoint };
        let pauses = (1..=9).map(|attempt| match failed(None).next(attempt, now) {
            Next::Wait(_, pause) => pause,
            other => panic!("{attempt}: {other:?}"),
        });
        for (pause, expected) in pauses.zip([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]) {
            let off = pause.as_secs_f64() / f64::from(expected);
            assert!((0.8..=1.2).contains(&off), "{pause:?} {expected}");
        }
        assert_eq!(failed(None).next(10, now), Next::Park(failure.clone()));
        let hour = jiff::SignedDuration::from_hours(1);
        let Next::Wait(_, pause) = failed(Some(now + hour)).next(1, now) else { panic!("it waits") };
        assert_eq!(pause, Duration::from_hours(1));
    }
}
