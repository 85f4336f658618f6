//! Observes the server's rate limits before it enforces them.
//!
//! Every response shows one limiter, the one with the least left: `RateLimit-Policy: 5000;w=3600`, `-Remaining`,
//! `-Reset`. It does not show the limiter's scope. Only the general limiter counts a plain read, so a policy seen there
//! is general; any other policy belongs to the kind of request that showed it, and for writes and logins to its account
//! alone.
//!
//! A limiter that is not shown has at least as much left as the one that is, so the known ones suffice. Only the usage
//! of an earlier run is unforeseen; then the server returns 429 once, and requests wait.
//!
//! Several processes may share the same limiters. Each uses an equal share of the remaining points, and regularly
//! learns what the others have seen; see [`Pace::share`].
//!
//! If a response shows no limiter but has `Retry-After`, all requests of that scope pause, or all requests if the
//! server is not healthy: proxies and load balancers send nothing else.

mod limiter;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use tokio::time::Instant;

pub(super) use self::limiter::{Kind, Toll};
pub use self::limiter::{Limit, Scope};
use self::limiter::{Limiter, RateLimitHeaders};
use crate::error::Result;
use crate::remote::retry_after::retry_after;
use crate::remote::waits::Waits;

/// How long to wait for requests in flight.
const ARRIVAL: Duration = Duration::from_secs(1);

/// The server's rate limits, unknown at first.
#[derive(Debug, Default)]
pub struct Pace {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    groups: HashMap<Scope, Group>,
    /// The number of other processes.
    others: u32,
    /// The number of responses, by the kind of request and status.
    answers: BTreeMap<(&'static str, u16), u64>,
}

/// The limiters of one scope, and the points of requests in flight, which can exist before any limiter is known.
#[derive(Debug, Default)]
struct Group {
    on_way: u32,
    limiters: Vec<Limiter>,
    /// The end of a pause that the server has requested.
    paused: Option<Instant>,
}

impl Pace {
    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock, so the state is consistent even if the lock is poisoned.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits, as one of `waits`, until the known limiters admit the request, and counts it.
    ///
    /// # Errors
    /// [`crate::error::RemoteError::Postponed`](crate::error::RemoteError::Postponed) and [`crate::Error::Interrupted`](crate::Error::Interrupted).
    pub(super) async fn admit<'a>(&'a self, waits: &Waits, toll: Toll<'a>) -> Result<Admission<'a>> {
        loop {
            let (until, scope) = {
                let mut state = self.state();
                let now = Instant::now();
                let Some(chance) = state.next_chance(&toll, now) else {
                    state.depart(&toll);
                    return Ok(Admission { pace: self, toll, is_settled: false });
                };
                chance
            };
            waits.wait(scope.want(), until).await?;
        }
    }

    /// Whether a request can be sent before the patience ends. Counts nothing.
    ///
    /// # Errors
    /// [`crate::error::RemoteError::Postponed`](crate::error::RemoteError::Postponed).
    pub(super) fn check(&self, waits: &Waits, toll: Toll<'_>) -> Result<()> {
        let chance = self.state().next_chance(&toll, Instant::now());
        chance.map_or(Ok(()), |(until, scope)| waits.allow(&scope.want(), until))
    }

    /// Shares the limiters with that many other processes, which have seen these limits.
    pub fn share(&self, others: u32, seen: impl IntoIterator<Item = Limit>) {
        let now = Instant::now();
        let mut state = self.state();
        state.others = others;
        for limit in seen {
            let shown = RateLimitHeaders {
                points: limit.points,
                window: limit.window,
                remaining: limit.remaining,
                // Clocks differ, but a window cannot last longer than its length.
                resets_in: limit.resets_in.min(limit.window),
            };
            state.hear(limit.scope, &shown, now);
        }
    }

    /// The number of responses so far, by the kind of request and status.
    pub fn answers(&self) -> BTreeMap<(&'static str, u16), u64> {
        self.state().answers.clone()
    }

    /// The limiters seen so far.
    pub fn limits(&self) -> Vec<Limit> {
        let now = Instant::now();
        let mut state = self.state();
        let shown = state.groups.iter_mut().flat_map(|(scope, group)| {
            let on_way = group.on_way;
            group.limiters.iter_mut().map(move |limiter| {
                limiter.roll(now);
                Limit {
                    scope: scope.clone(),
                    points: limiter.points,
                    window: limiter.window,
                    remaining: limiter.remaining.saturating_sub(on_way),
                    resets_in: limiter.resets_at.map_or(limiter.window, |resets_at| resets_at.duration_since(now)),
                }
            })
        });
        shown.collect()
    }
}

impl State {
    /// When to check again, if the request cannot be sent now.
    fn next_chance(&mut self, toll: &Toll<'_>, now: Instant) -> Option<(Instant, Scope)> {
        let mut chances = Vec::new();
        for (scope, cost) in Scope::all_of(toll) {
            let Some(group) = self.groups.get_mut(&scope) else { continue };
            let mut chance = group.paused.filter(|paused| now < *paused);
            for limiter in &mut group.limiters {
                limiter.roll(now);
                if !limiter.admits(cost, group.on_way, self.others.saturating_add(1)) {
                    // If the end is unknown, the requests in flight must arrive first.
                    chance = chance.max(Some(limiter.resets_at.unwrap_or(now + ARRIVAL)));
                }
            }
            chances.extend(chance.map(|chance| (chance, scope)));
        }
        chances.into_iter().max_by_key(|(chance, _)| *chance)
    }

    /// Pauses these scopes until then.
    fn pause(&mut self, scopes: impl IntoIterator<Item = Scope>, until: Instant) {
        for scope in scopes {
            let group = self.groups.entry(scope).or_default();
            group.paused = group.paused.max(Some(until));
        }
    }

    fn depart(&mut self, toll: &Toll<'_>) {
        for (scope, cost) in Scope::all_of(toll) {
            self.groups.entry(scope).or_default().on_way += cost;
        }
    }

    fn arrive(&mut self, toll: &Toll<'_>, shown: Option<&RateLimitHeaders>, now: Instant) {
        for (scope, cost) in Scope::all_of(toll) {
            let Some(group) = self.groups.get_mut(&scope) else { continue };
            group.on_way = group.on_way.saturating_sub(cost);
            let others = group.limiters.iter_mut().filter(|limiter| !shown.is_some_and(|shown| limiter.is_of(shown)));
            others.for_each(|limiter| limiter.spend(cost, now));
        }
        if let Some(shown) = shown {
            self.learn(toll, shown, now);
        }
    }

    fn learn(&mut self, toll: &Toll<'_>, shown: &RateLimitHeaders, now: Instant) {
        let general = self.groups.get(&Scope::Everything);
        let is_general = general.is_some_and(|group| group.limiters.iter().any(|limiter| limiter.is_of(shown)));
        let scope = if is_general && toll.kind != Kind::Repo { Scope::Everything } else { Scope::of(toll) };
        self.hear(scope, shown, now);
    }

    /// Learns the state of a limiter of that scope.
    fn hear(&mut self, scope: Scope, shown: &RateLimitHeaders, now: Instant) {
        let is_general = scope == Scope::Everything;
        let group = self.groups.entry(scope).or_default();
        if let Some(known) = group.limiters.iter_mut().find(|limiter| limiter.is_of(shown)) {
            return known.learn(shown, now);
        }
        let RateLimitHeaders { points, window, remaining, resets_in } = *shown;
        group.limiters.push(Limiter { points, window, remaining, resets_at: Some(now + resets_in) });
        for (scope, group) in &mut self.groups {
            // Other scopes may have shown it before it was known to be general.
            group.limiters.retain(|limiter| !is_general || *scope == Scope::Everything || !limiter.is_of(shown));
        }
        self.forget(now);
    }

    /// Drops limiters that are full again, because thousands of accounts come and go.
    fn forget(&mut self, now: Instant) {
        self.groups.retain(|_, group| {
            group.limiters.retain_mut(|limiter| {
                limiter.roll(now);
                limiter.resets_at.is_some()
            });
            group.paused = group.paused.filter(|paused| now < *paused);
            group.on_way > 0 || group.paused.is_some() || !group.limiters.is_empty()
        });
    }
}

/// An admitted request; it counts as in flight until [settled](Admission::settle) or dropped.
#[derive(Debug)]
pub(super) struct Admission<'a> {
    pace: &'a Pace,
    toll: Toll<'a>,
    is_settled: bool,
}

impl Admission<'_> {
    /// Learns from the response. Returns whether it tells how long to wait.
    pub fn settle(mut self, headers: &HeaderMap, status: StatusCode) -> bool {
        self.is_settled = true;
        let mut state = self.pace.state();
        *state.answers.entry((Scope::of(&self.toll).want().kind, status.as_u16())).or_default() += 1;
        let now = Instant::now();
        let is_refused = status == StatusCode::TOO_MANY_REQUESTS;
        let shown = RateLimitHeaders::read(headers)
            .map(|shown| if is_refused { RateLimitHeaders { remaining: 0, ..shown } } else { shown });
        state.arrive(&self.toll, shown.as_ref(), now);
        // A refusing limiter's reset takes precedence.
        let pause = retry_after(headers).filter(|_| !(status.is_success() || is_refused && shown.is_some()));
        if let Some(pause) = pause {
            let all = (!is_refused).then_some(Scope::Everything);
            state.pause(all.into_iter().chain([Scope::of(&self.toll)]), now + pause);
        }
        pause.is_some() || (is_refused && shown.is_some())
    }
}

impl Drop for Admission<'_> {
    /// Without a response, the request is assumed to have been counted.
    fn drop(&mut self) {
        if !self.is_settled {
            self.pace.state().arrive(&self.toll, None, Instant::now());
        }
    }
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
