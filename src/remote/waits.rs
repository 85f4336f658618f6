//! Waits for rate-limited servers: what is waited for, until when, and for how long at most.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::error::{Error, RemoteError, Result};

/// The default patience.
pub const PATIENCE: Duration = Duration::from_hours(1);

/// Shorter waits are not reported.
const TOLD: Duration = Duration::from_millis(1_500);

/// All waits. Clones share their state; each can have its own cancellation.
#[derive(Debug, Clone)]
pub struct Waits {
    shared: Arc<Shared>,
    /// Ends the waits of this clone and of clones made from it.
    own_stop: Option<CancellationToken>,
}

#[derive(Debug)]
struct Shared {
    patience: Duration,
    of_accounts: AccountPatience,
    /// Ends all waits.
    stop: CancellationToken,
    state: Mutex<State>,
    /// The current waits by number.
    current: watch::Sender<Current>,
}

/// The patience for limits of single accounts.
#[derive(Debug, Clone, Copy)]
enum AccountPatience {
    /// As long as for all limits, for all waits of an account in sum.
    InSum,
    /// That long for each wait.
    Each(Duration),
}

/// The current waits, without short ones.
#[derive(Debug, Clone, Default)]
pub struct Current(BTreeMap<u64, Wait>);

impl Current {
    /// The waits.
    pub fn iter(&self) -> impl Iterator<Item = &Wait> {
        self.0.values()
    }

    /// The remaining time of the longest wait.
    #[must_use]
    pub fn longest(&self) -> Option<Duration> {
        let until = self.iter().map(|wait| wait.until).max()?;
        Some(Duration::try_from(until.duration_since(Timestamp::now())).unwrap_or_default())
    }
}

#[derive(Debug, Default)]
struct State {
    last: u64,
    past: BTreeMap<&'static str, Waited>,
    /// The time waited so far, by account.
    spent: HashMap<String, Spent>,
}

/// The time waited for one account; overlaps count once.
#[derive(Debug, Clone, Copy)]
struct Spent {
    total: Duration,
    until: Instant,
}

/// The target of a wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// The limited resource, in a word: `logins`.
    pub kind: &'static str,
    /// The account, if the limit is specific to one.
    pub account: Option<String>,
}

/// A wait in progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// Its target.
    pub want: Want,
    /// Its end.
    pub until: Timestamp,
}

/// The waits of a run for one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waited {
    /// The limited resource.
    #[serde(rename = "for")]
    pub kind: &'static str,
    /// The number of waits.
    pub times: usize,
    /// Their total time, including overlaps.
    pub seconds: u64,
    /// The end of the latest wait.
    pub until: Timestamp,
}

impl Default for Waits {
    fn default() -> Self {
        Waits::new(PATIENCE, CancellationToken::new())
    }
}

impl Waits {
    /// No waits yet. None will be longer than `patience`, and all end when `stop` is cancelled.
    #[must_use]
    pub fn new(patience: Duration, stop: CancellationToken) -> Self {
        Waits::with(patience, AccountPatience::InSum, stop)
    }

    /// The same for work that never ends, and has other work to do while one account waits: no wait for a limit of a
    /// single account will be longer than `of_accounts`, however often the account waits.
    #[must_use]
    pub fn endless(patience: Duration, of_accounts: Duration, stop: CancellationToken) -> Self {
        Waits::with(patience, AccountPatience::Each(of_accounts), stop)
    }

    fn with(patience: Duration, of_accounts: AccountPatience, stop: CancellationToken) -> Self {
        let (current, state) = (watch::Sender::default(), Mutex::default());
        let shared = Shared { patience, of_accounts, stop, state, current };
        Waits { shared: Arc::new(shared), own_stop: None }
    }

    /// The same for one piece of work, whose waits also end when `stop` is cancelled. It shares everything else.
    #[must_use]
    pub fn stopped_by(&self, stop: &CancellationToken) -> Self {
        Waits { shared: self.shared.clone(), own_stop: Some(stop.clone()) }
    }

    /// Watches the current waits, without short ones.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Current> {
        self.shared.current.subscribe()
    }

    /// The waits so far, without short ones.
    #[must_use]
    pub fn past(&self) -> Vec<Waited> {
        self.state().past.values().cloned().collect()
    }

    /// Waits.
    ///
    /// # Errors
    /// [`RemoteError::Postponed`] at once if the wait would exceed the patience, and [`Error::Interrupted`] if a stop
    /// was requested.
    pub(super) async fn wait(&self, want: Want, until: Instant) -> Result<()> {
        self.allow(&want, until)?;
        let waiting = Waiting::new(self, want, until);
        let own_stop = async {
            match &self.own_stop {
                Some(stop) => stop.cancelled().await,
                None => std::future::pending().await,
            }
        };
        let stopped = tokio::select! {
            () = sleep_until(until) => false,
            () = self.shared.stop.cancelled() => true,
            () = own_stop => true,
        };
        drop(waiting);
        if stopped { Err(Error::Interrupted) } else { Ok(()) }
    }

    /// Checks whether the patience allows a wait.
    pub(super) fn allow(&self, want: &Want, until: Instant) -> Result<()> {
        let now = Instant::now();
        let before = want.account.as_ref().and_then(|account| self.state().spent.get(account).copied());
        let spent = before.map_or(Duration::ZERO, |spent| spent.total);
        let from = before.map_or(now, |spent| spent.until.max(now));
        let patience = match self.shared.of_accounts {
            AccountPatience::Each(of_accounts) if want.account.is_some() => of_accounts,
            _ => self.shared.patience,
        };
        // One per cent more, because servers round up, and so do we: a limit of an hour that was just reached lasts
        // slightly longer.
        if spent + until.saturating_duration_since(from) > patience.saturating_add(patience / 100) {
            return Err(Error::Remote(RemoteError::Postponed { what: want.kind, until: timestamp(until, now) }));
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock, so the state is consistent even if the lock is poisoned.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A point in time by the system clock, in whole seconds.
fn timestamp(until: Instant, now: Instant) -> Timestamp {
    let left = SignedDuration::try_from(until.saturating_duration_since(now)).unwrap_or(SignedDuration::MAX);
    let exact = Timestamp::now().checked_add(left).unwrap_or(Timestamp::MAX);
    // Rounded up, so that a request at that time is not too early.
    Timestamp::from_second(exact.as_second() + 1).unwrap_or(exact)
}

/// A wait in progress, for as long as this lives.
struct Waiting<'a> {
    waits: &'a Waits,
    number: u64,
}

impl<'a> Waiting<'a> {
    fn new(waits: &'a Waits, want: Want, until: Instant) -> Self {
        let now = Instant::now();
        let length = until.saturating_duration_since(now);
        let mut state = waits.state();
        state.last += 1;
        let number = state.last;
        if let (Some(account), AccountPatience::InSum) = (want.account.clone(), waits.shared.of_accounts) {
            let spent = state.spent.entry(account).or_insert(Spent { total: Duration::ZERO, until: now });
            spent.total += until.saturating_duration_since(spent.until.max(now));
            spent.until = spent.until.max(until);
        }
        if length >= TOLD {
            let (seconds, until) = (length.as_secs(), timestamp(until, now));
            tracing::info!(seconds, kind = want.kind, "waiting for the server's rate limit");
            let first = Waited { kind: want.kind, times: 0, seconds: 0, until };
            let past = state.past.entry(want.kind).or_insert(first);
            past.times += 1;
            past.seconds += seconds;
            past.until = past.until.max(until);
            waits.shared.current.send_modify(|current| drop(current.0.insert(number, Wait { want, until })));
        }
        Waiting { waits, number }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.waits.shared.current.send_if_modified(|current| current.0.remove(&self.number).is_some());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(account: &str) -> Want {
        Want { kind: "writes", account: Some(account.into()) }
    }

    fn everybodys() -> Want {
        Want { kind: "uploads", account: None }
    }

    fn after(seconds: u64) -> Instant {
        Instant::now() + Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_longer_than_there_is_patience_for() {
        let waits = Waits::new(Duration::from_mins(1), CancellationToken::new());
        assert!(waits.wait(everybodys(), after(60)).await.is_ok());
        let start = Instant::now();
        let error = waits.wait(everybodys(), after(61)).await.unwrap_err();
        assert!(matches!(error, Error::Remote(RemoteError::Postponed { what: "uploads", .. })), "{error}");
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn the_patience_for_an_account_is_used_up_by_its_own_waits_and_no_others() {
        let waits = Waits::new(Duration::from_mins(1), CancellationToken::new());
        // At the same time counts once.
        let (one, two) = tokio::join!(waits.wait(of("a"), after(40)), waits.wait(of("a"), after(30)));
        assert!(one.is_ok() && two.is_ok());
        assert!(waits.wait(of("a"), after(21)).await.is_err());
        assert!(waits.wait(of("a"), after(20)).await.is_ok());
        assert!(waits.wait(of("a"), after(1)).await.is_err());
        assert!(waits.wait(of("b"), after(60)).await.is_ok());
        for _ in 0..10 {
            assert!(waits.wait(everybodys(), after(60)).await.is_ok());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_waits_briefly_for_an_account_however_often_and_longer_for_all_others() {
        let (minute, brief) = (Duration::from_mins(1), Duration::from_secs(5));
        let waits = Waits::endless(minute, brief, CancellationToken::new());
        for _ in 0..100 {
            assert!(waits.wait(of("a"), after(5)).await.is_ok());
        }
        assert!(waits.wait(of("a"), after(6)).await.is_err());
        assert!(waits.wait(everybodys(), after(60)).await.is_ok());
        assert!(waits.wait(everybodys(), after(61)).await.is_err());
        assert!(waits.state().spent.is_empty(), "an account leaves nothing behind");
    }

    #[tokio::test(start_paused = true)]
    async fn waits_are_told_of_while_they_last_and_in_sum_afterwards() {
        let waits = Waits::default();
        let mut watch = waits.watch();
        let look = async {
            watch.changed().await.unwrap();
            watch.borrow_and_update().iter().map(|wait| wait.want.clone()).collect::<Vec<_>>()
        };
        let (done, seen) = tokio::join!(waits.wait(of("a"), after(10)), look);
        assert!(done.is_ok() && seen == [of("a")]);
        assert!(watch.has_changed().unwrap() && watch.borrow_and_update().longest().is_none());
        assert!(waits.wait(everybodys(), after(1)).await.is_ok());
        assert!(!watch.has_changed().unwrap(), "a moment is told to nobody");
        assert!(waits.wait(of("b"), after(5)).await.is_ok());
        assert_eq!(watch.borrow().iter().count(), 0);
        let past = waits.past();
        assert_eq!(
            past.iter().map(|past| (past.kind, past.times, past.seconds)).collect::<Vec<_>>(),
            [("writes", 2, 15)]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn who_wants_to_stop_ends_all_waits() {
        let token = CancellationToken::new();
        let waits = Waits::new(PATIENCE, token.clone());
        let stop = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            token.cancel();
        };
        let start = Instant::now();
        let (ended, ()) = tokio::join!(waits.wait(of("a"), after(100)), stop);
        assert!(matches!(ended, Err(Error::Interrupted)));
        assert!(matches!(waits.wait(of("a"), after(100)).await, Err(Error::Interrupted)));
        assert_eq!(start.elapsed(), Duration::from_secs(1));
        assert_eq!(waits.watch().borrow().iter().count(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn to_stop_one_piece_of_work_ends_its_waits_and_no_others() {
        let all = Waits::default();
        let (one, other) = (CancellationToken::new(), CancellationToken::new());
        let (of_one, of_other) = (all.stopped_by(&one), all.stopped_by(&other));
        let start = Instant::now();
        let timed = async |waits: &Waits| (waits.wait(everybodys(), after(100)).await, start.elapsed());
        let stop = async {
            all.watch().wait_for(|current| current.iter().count() == 3).await.unwrap();
            one.cancel();
        };
        let (one, other, all, ()) = tokio::join!(timed(&of_one), timed(&of_other), timed(&all), stop);
        assert!(matches!(one, (Err(Error::Interrupted), Duration::ZERO)), "{one:?}");
        for (ended, after) in [other, all] {
            assert!(ended.is_ok() && after == Duration::from_secs(100), "{after:?}");
        }
    }
}
