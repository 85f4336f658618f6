//! Keeping to the server's rate limits before it has to insist on them.
//!
//! Every answer shows one limiter, that which has least left: `RateLimit-Policy: 5000;w=3600`, `-Remaining`, `-Reset`.
//! Whose limiter it is, it does not show. A plain read is under the general one only, so a policy seen there is general;
//! any other policy belongs to the kind of request that showed it, and for writes and logins to its account alone.
//!
//! A limiter that is not shown has at least as much left as the one that is, so that those known are enough. Only what
//! an earlier run has used up comes unforeseen; then the server answers 429 once, and that is waited for.

mod limiter;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::time::{Instant, sleep_until};

pub(super) use self::limiter::{Kind, Toll};
pub use self::limiter::{Limit, Scope};
use self::limiter::{Limiter, Shown};

/// How long to give requests that are on their way.
const ARRIVAL: Duration = Duration::from_secs(1);

/// The server's rate limits, and who is waiting for them.
#[derive(Debug, Default)]
pub struct Pace {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    limiters: Vec<Limiter>,
    waits: HashMap<u64, Instant>,
    last_wait: u64,
}

impl Pace {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics halfway, so that what a panic elsewhere left is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the known limiters let the request pass, and counts it.
    pub(super) async fn admit<'a>(&'a self, toll: Toll<'a>) -> Admission<'a> {
        loop {
            let until = {
                let mut state = self.state();
                let now = Instant::now();
                let Some(until) = state.next_chance(&toll, now) else {
                    state.counting(&toll).for_each(|(limiter, cost)| limiter.in_flight += cost);
                    return Admission { pace: self, toll, is_settled: false };
                };
                until
            };
            self.wait(until).await;
        }
    }

    async fn wait(&self, until: Instant) {
        let waiting = Waiting::new(self, until);
        let seconds = until.duration_since(Instant::now()).as_secs();
        tracing::info!(seconds, "waiting for the server's rate limit");
        sleep_until(until).await;
        drop(waiting);
    }

    /// How long the longest wait for a rate limit still lasts, if somebody is waiting.
    pub fn waiting(&self) -> Option<Duration> {
        let state = self.state();
        state.waits.values().max().map(|until| until.duration_since(Instant::now()))
    }

    /// The limiters seen so far.
    pub fn limits(&self) -> Vec<Limit> {
        let now = Instant::now();
        let mut state = self.state();
        let show = |limiter: &mut Limiter| {
            limiter.roll(now);
            Limit {
                scope: limiter.scope.clone(),
                points: limiter.points,
                window: limiter.window,
                remaining: limiter.remaining.saturating_sub(limiter.in_flight),
                resets_in: limiter.resets_at.map_or(limiter.window, |resets_at| resets_at.duration_since(now)),
            }
        };
        state.limiters.iter_mut().map(show).collect()
    }
}

impl State {
    /// The limiters that count a request, and what it costs there.
    fn counting(&mut self, toll: &Toll<'_>) -> impl Iterator<Item = (&mut Limiter, u32)> {
        self.limiters.iter_mut().filter(|limiter| limiter.counts(toll)).map(|limiter| {
            let cost = limiter.cost(toll);
            (limiter, cost)
        })
    }

    /// When it is worth looking again, if the request cannot pass now.
    fn next_chance(&mut self, toll: &Toll<'_>, now: Instant) -> Option<Instant> {
        let closed = self.counting(toll).filter_map(|(limiter, cost)| {
            limiter.roll(now);
            // Without an end in sight, what is on its way has to arrive first.
            (!limiter.admits(cost)).then(|| limiter.resets_at.unwrap_or(now + ARRIVAL))
        });
        closed.max()
    }

    fn learn(&mut self, toll: &Toll<'_>, shown: &Shown, now: Instant) {
        let is_general = |limiter: &Limiter| limiter.scope == Scope::Everything && limiter.is_of(shown);
        let is_known_as_general = self.limiters.iter().any(is_general) && toll.kind != Kind::Repo;
        let scope = if is_known_as_general { Scope::Everything } else { Scope::of(toll) };
        if scope == Scope::Everything {
            // Others may have shown it before it was known to be general.
            self.limiters.retain(|limiter| limiter.scope == Scope::Everything || !limiter.is_of(shown));
        }
        if let Some(known) = self.limiters.iter_mut().find(|limiter| limiter.is_of(shown) && limiter.scope == scope) {
            return known.learn(shown, now);
        }
        // Thousands of accounts come and go; what is full again need not be remembered.
        self.limiters.iter_mut().for_each(|limiter| limiter.roll(now));
        self.limiters.retain(|limiter| limiter.in_flight > 0 || limiter.resets_at.is_some());
        let Shown { points, window, remaining, resets_in } = *shown;
        self.limiters.push(Limiter {
            scope,
            points,
            window,
            remaining,
            in_flight: 0,
            resets_at: Some(now + resets_in),
        });
    }
}

/// A request that may go; it is counted as on its way until [settled](Admission::settle) or dropped.
#[derive(Debug)]
pub(super) struct Admission<'a> {
    pace: &'a Pace,
    toll: Toll<'a>,
    is_settled: bool,
}

impl Admission<'_> {
    /// Notes what the answer shows. Says whether it shows a limiter.
    pub fn settle(mut self, headers: &HeaderMap, is_refused: bool) -> bool {
        self.is_settled = true;
        let mut state = self.pace.state();
        let now = Instant::now();
        let shown = Shown::read(headers).map(|shown| if is_refused { Shown { remaining: 0, ..shown } } else { shown });
        for (limiter, cost) in state.counting(&self.toll) {
            limiter.in_flight = limiter.in_flight.saturating_sub(cost);
            if !shown.is_some_and(|shown| limiter.is_of(&shown)) {
                limiter.spend(cost, now);
            }
        }
        if let Some(shown) = &shown {
            state.learn(&self.toll, shown, now);
        }
        shown.is_some()
    }
}

impl Drop for Admission<'_> {
    /// Without an answer it is safer to think that the request was counted.
    fn drop(&mut self) {
        if !self.is_settled {
            let now = Instant::now();
            for (limiter, cost) in self.pace.state().counting(&self.toll) {
                limiter.in_flight = limiter.in_flight.saturating_sub(cost);
                limiter.spend(cost, now);
            }
        }
    }
}

/// Somebody who is waiting, for as long as it lives.
struct Waiting<'a> {
    pace: &'a Pace,
    number: u64,
}

impl<'a> Waiting<'a> {
    fn new(pace: &'a Pace, until: Instant) -> Self {
        let mut state = pace.state();
        state.last_wait += 1;
        let number = state.last_wait;
        state.waits.insert(number, until);
        Waiting { pace, number }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.pace.state().waits.remove(&self.number);
    }
}

#[cfg(test)]
mod tests;
