//! Keeping to the server's rate limits before it has to insist on them.
//!
//! Every answer shows one limiter, that which has least left: `RateLimit-Policy: 5000;w=3600`, `-Remaining`, `-Reset`.
//! Whose limiter it is, it does not show. A plain read is under the general one only, so a policy seen there is general;
//! any other policy belongs to the kind of request that showed it, and for writes and logins to its account alone.
//!
//! A limiter that is not shown has at least as much left as the one that is, so that those known are enough. Only what
//! an earlier run has used up comes unforeseen; then the server answers 429 once, and that is waited for.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::time::{Instant, sleep_until};

/// What the server's limiters tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Reading records and the like.
    Read,
    /// Reading a whole repo; the general limiter does not count it.
    Repo,
    /// Logging in.
    Login,
    /// Writing records.
    Write,
    /// Uploading a blob.
    Upload,
}

/// What a request costs, and whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Toll<'a> {
    pub kind: Kind,
    /// Points of the limiter of its kind; the general limiter counts every request as one.
    pub points: u32,
    /// The account, for writes and logins.
    pub account: &'a str,
}

/// What a limiter counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// All requests of ours.
    Everything,
    /// Reading whole repos.
    Repos,
    /// Uploads of blobs.
    Uploads,
    /// Logins of one account.
    Logins(String),
    /// Writes to one account's repo.
    Writes(String),
}

impl Scope {
    /// The scope that is a request's own.
    fn of(toll: &Toll<'_>) -> Scope {
        match toll.kind {
            Kind::Read => Scope::Everything,
            Kind::Repo => Scope::Repos,
            Kind::Login => Scope::Logins(toll.account.into()),
            Kind::Write => Scope::Writes(toll.account.into()),
            Kind::Upload => Scope::Uploads,
        }
    }
}

/// A limiter as far as it has been seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// What it counts.
    pub scope: Scope,
    /// How many points there are in a window.
    pub points: u32,
    /// How long a window is.
    pub window: Duration,
    /// How many points are left in the present one.
    pub remaining: u32,
    /// How long the present one lasts.
    pub resets_in: Duration,
}

#[derive(Debug)]
struct Limiter {
    scope: Scope,
    points: u32,
    window: Duration,
    remaining: u32,
    /// Points of requests that are on their way.
    in_flight: u32,
    resets_at: Instant,
}

impl Limiter {
    fn cost(&self, toll: &Toll<'_>) -> u32 {
        if self.scope == Scope::Everything { 1 } else { toll.points }
    }

    fn counts(&self, toll: &Toll<'_>) -> bool {
        match self.scope {
            Scope::Everything => toll.kind != Kind::Repo,
            _ => self.scope == Scope::of(toll),
        }
    }

    /// A new window is a full one.
    fn roll(&mut self, now: Instant) {
        if now >= self.resets_at {
            self.remaining = self.points;
            self.resets_at = now + self.window;
        }
    }

    fn admits(&self, cost: u32) -> bool {
        // What costs more than there ever is may go when all is there.
        let cost = cost.min(self.points);
        self.remaining.saturating_sub(self.in_flight) >= cost
    }
}

/// What an answer shows of a limiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shown {
    points: u32,
    window: Duration,
    remaining: u32,
    resets_in: Duration,
}

impl Shown {
    fn read(headers: &HeaderMap) -> Option<Shown> {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let (points, window) = text("ratelimit-policy")?.split_once(";w=")?;
        let reset: i64 = text("ratelimit-reset")?.trim().parse().ok()?;
        // By the server's clock, for ours may be wrong.
        let date = text("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        let now = date.map_or_else(|| jiff::Timestamp::now().as_second(), |date| date.timestamp().as_second());
        // Both are cut to whole seconds.
        let until_reset = Duration::from_secs((reset - now).max(0) as u64 + 1);
        let retry_after = text("retry-after").and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        Some(Shown {
            points: points.trim().parse().ok()?,
            window: Duration::from_secs(window.trim().parse().ok()?),
            remaining: text("ratelimit-remaining")?.trim().parse().ok()?,
            resets_in: retry_after.map_or(until_reset, |wait| wait.max(until_reset)),
        })
    }
}

/// How far two times of one reset may differ: each is cut to seconds, and so is the clock they are read by.
const SAME_RESET: Duration = Duration::from_secs(2);

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
                    state.on_way(&toll).for_each(|(limiter, cost)| limiter.in_flight += cost);
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
                resets_in: limiter.resets_at.duration_since(now),
            }
        };
        state.limiters.iter_mut().map(show).collect()
    }
}

impl State {
    /// The limiters that count a request, and what it costs there.
    fn on_way(&mut self, toll: &Toll<'_>) -> impl Iterator<Item = (&mut Limiter, u32)> {
        self.limiters.iter_mut().filter(|limiter| limiter.counts(toll)).map(|limiter| {
            let cost = limiter.cost(toll);
            (limiter, cost)
        })
    }

    /// When it is worth looking again, if the request cannot pass now.
    fn next_chance(&mut self, toll: &Toll<'_>, now: Instant) -> Option<Instant> {
        let closed = self.on_way(toll).filter_map(|(limiter, cost)| {
            limiter.roll(now);
            (!limiter.admits(cost)).then_some(limiter.resets_at)
        });
        closed.max()
    }

    fn learn(&mut self, toll: &Toll<'_>, shown: Shown, now: Instant) {
        let is_policy = |limiter: &Limiter| (limiter.points, limiter.window) == (shown.points, shown.window);
        let is_general = |limiter: &Limiter| limiter.scope == Scope::Everything && is_policy(limiter);
        let is_known_as_general = toll.kind != Kind::Repo && self.limiters.iter().any(is_general);
        let scope = if is_known_as_general { Scope::Everything } else { Scope::of(toll) };
        if scope == Scope::Everything {
            // Others may have shown it before it was known to be general.
            self.limiters.retain(|limiter| limiter.scope == Scope::Everything || !is_policy(limiter));
        }
        let resets_at = now + shown.resets_in;
        let known = self.limiters.iter_mut().find(|limiter| is_policy(limiter) && limiter.scope == scope);
        let Some(limiter) = known else {
            // Thousands of accounts come and go; what is full again need not be remembered.
            self.limiters.retain(|limiter| limiter.in_flight > 0 || limiter.resets_at > now);
            let Shown { points, window, remaining, .. } = shown;
            self.limiters.push(Limiter { scope, points, window, remaining, in_flight: 0, resets_at });
            return;
        };
        if resets_at > limiter.resets_at + SAME_RESET {
            (limiter.remaining, limiter.resets_at) = (shown.remaining, resets_at);
        } else if resets_at + SAME_RESET >= limiter.resets_at {
            // Answers may overtake each other; within a window less is left from one to the next.
            limiter.remaining = limiter.remaining.min(shown.remaining);
            limiter.resets_at = limiter.resets_at.max(resets_at);
        }
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
        let shown = Shown::read(headers);
        let shown = shown.map(|shown| if is_refused { Shown { remaining: 0, ..shown } } else { shown });
        let is_shown = |limiter: &Limiter| {
            shown.is_some_and(|shown| (limiter.points, limiter.window) == (shown.points, shown.window))
        };
        for (limiter, cost) in state.on_way(&self.toll) {
            limiter.in_flight = limiter.in_flight.saturating_sub(cost);
            if !is_shown(limiter) {
                limiter.remaining = limiter.remaining.saturating_sub(cost);
            }
        }
        if let Some(shown) = shown {
            state.learn(&self.toll, shown, now);
        }
        shown.is_some()
    }
}

impl Drop for Admission<'_> {
    /// Without an answer it is safer to think that the request was counted.
    fn drop(&mut self) {
        if !self.is_settled {
            for (limiter, cost) in self.pace.state().on_way(&self.toll) {
                limiter.in_flight = limiter.in_flight.saturating_sub(cost);
                limiter.remaining = limiter.remaining.saturating_sub(cost);
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
