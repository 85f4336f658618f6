//! One of the server's limiters: its scope, its remaining points, and its headers in a response.

use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::time::Instant;

use crate::remote::retry_after::{LONGEST, retry_after};
use crate::remote::waits::Want;

/// The kinds of requests that the server's limiters distinguish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Reading records and other data.
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

/// The cost of a request, and its account.
#[derive(Debug, Clone, Copy)]
pub struct Toll<'a> {
    pub kind: Kind,
    /// Points of the limiter of its kind; the general limiter counts every request as one.
    pub points: u32,
    /// The account, for writes and logins.
    pub account: &'a str,
}

/// The requests that a limiter counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// All our requests.
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
    /// The specific scope of a request.
    pub(super) fn of(toll: &Toll<'_>) -> Scope {
        match toll.kind {
            Kind::Read => Scope::Everything,
            Kind::Repo => Scope::Repos,
            Kind::Login => Scope::Logins(toll.account.into()),
            Kind::Write => Scope::Writes(toll.account.into()),
            Kind::Upload => Scope::Uploads,
        }
    }

    /// The scope of a [wanted](Scope::want) resource.
    #[must_use]
    pub fn wanted(kind: &str, account: Option<&str>) -> Option<Scope> {
        Some(match (kind, account) {
            ("requests", None) => Scope::Everything,
            ("repos", None) => Scope::Repos,
            ("uploads", None) => Scope::Uploads,
            ("logins", Some(account)) => Scope::Logins(account.into()),
            ("writes", Some(account)) => Scope::Writes(account.into()),
            _ => return None,
        })
    }

    /// What a wait for a limiter of this scope waits for.
    #[must_use]
    pub fn want(&self) -> Want {
        let (kind, account) = match self {
            Scope::Everything => ("requests", None),
            Scope::Repos => ("repos", None),
            Scope::Uploads => ("uploads", None),
            Scope::Logins(account) => ("logins", Some(account.clone())),
            Scope::Writes(account) => ("writes", Some(account.clone())),
        };
        Want { kind, account }
    }

    /// All scopes that count a request, with its cost in each.
    pub(super) fn all_of(toll: &Toll<'_>) -> impl Iterator<Item = (Scope, u32)> + use<> {
        let own = (Scope::of(toll), toll.points);
        let is_counted_by_all = !matches!(toll.kind, Kind::Read | Kind::Repo);
        [own].into_iter().chain(is_counted_by_all.then_some((Scope::Everything, 1)))
    }
}

/// The known state of a limiter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Its scope.
    pub scope: Scope,
    /// Points per window.
    pub points: u32,
    /// Length of a window.
    pub window: Duration,
    /// Points left in the current window.
    pub remaining: u32,
    /// Time until the current window ends.
    pub resets_in: Duration,
}

/// A limiter of one scope.
#[derive(Debug)]
pub struct Limiter {
    pub points: u32,
    pub window: Duration,
    pub remaining: u32,
    /// The end of the window; `None` if the next request starts one.
    pub resets_at: Option<Instant>,
}

impl Limiter {
    pub fn is_of(&self, shown: &RateLimitHeaders) -> bool {
        (self.points, self.window) == (shown.points, shown.window)
    }

    /// Closes a window that has ended.
    pub fn roll(&mut self, now: Instant) {
        if self.resets_at.is_some_and(|resets_at| now >= resets_at) {
            self.remaining = self.points;
            self.resets_at = None;
        }
    }

    /// Whether a request may be sent, with that many points in flight, if that many processes share the remaining
    /// points.
    pub fn admits(&self, cost: u32, on_way: u32, processes: u32) -> bool {
        // A request that costs more than the whole limit may be sent when all of it is available.
        let cost = cost.min((self.points / processes).max(1));
        // Each may have the same number in flight. With fewer points than processes, one must still make progress.
        let share = (self.remaining / processes).max(self.remaining.min(1));
        share.saturating_sub(on_way) >= cost
    }

    /// Counts a request whose response shows another limiter, or none.
    pub fn spend(&mut self, cost: u32, now: Instant) {
        self.remaining = self.remaining.saturating_sub(cost);
        // The server started the window earlier, when it received the request.
        self.resets_at.get_or_insert(now + self.window);
    }

    /// Learns from the headers of a response. Responses may overtake each other; therefore headers of the same window
    /// can only reduce the remaining points. A refusal is always authoritative.
    pub fn learn(&mut self, shown: &RateLimitHeaders, now: Instant) {
        let resets_at = now + shown.resets_in;
        match self.resets_at {
            Some(known) if resets_at <= known + SAME_RESET && shown.remaining > 0 => {
                self.remaining = self.remaining.min(shown.remaining);
                self.resets_at = Some(known.max(resets_at));
            }
            _ => {
                self.remaining = shown.remaining;
                self.resets_at = Some(resets_at);
            }
        }
    }
}

/// How far two times of one reset may differ: each is truncated to seconds, as is the clock they are compared with.
const SAME_RESET: Duration = Duration::from_secs(2);

/// The rate-limit headers of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimitHeaders {
    pub points: u32,
    pub window: Duration,
    pub remaining: u32,
    pub resets_in: Duration,
}

impl RateLimitHeaders {
    pub fn read(headers: &HeaderMap) -> Option<RateLimitHeaders> {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let (points, window) = text("ratelimit-policy")?.split_once(";w=")?;
        let reset: i64 = text("ratelimit-reset")?.trim().parse().ok()?;
        // By the server's clock, because ours may be wrong.
        let date = text("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        let now = date.map_or_else(|| jiff::Timestamp::now().as_second(), |date| date.timestamp().as_second());
        // Both are truncated to whole seconds.
        let until_reset = Duration::from_secs(reset.saturating_sub(now).max(0) as u64 + 1).min(LONGEST);
        let retry_after = retry_after(headers);
        Some(RateLimitHeaders {
            points: points.trim().parse().ok()?,
            window: Duration::from_secs(window.trim().parse().ok()?).min(LONGEST),
            remaining: text("ratelimit-remaining")?.trim().parse().ok()?,
            resets_in: retry_after.map_or(until_reset, |wait| wait.max(until_reset)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_without_end_are_cut_to_a_year() {
        for (window, reset) in [(u64::MAX.to_string(), i64::MAX), ("1".into(), i64::MIN), ("300".into(), i64::MAX - 1)]
        {
            let mut headers = HeaderMap::new();
            let policy = format!("3000;w={window}");
            for (name, value) in [
                ("ratelimit-policy", policy.as_str()),
                ("ratelimit-reset", &reset.to_string()),
                ("ratelimit-remaining", "0"),
            ] {
                headers.insert(name, value.parse().unwrap());
            }
            let shown = RateLimitHeaders::read(&headers).unwrap();
            assert!(shown.window <= LONGEST && shown.resets_in <= LONGEST, "{shown:?}");
            let now = Instant::now();
            let (points, window) = (shown.points, shown.window);
            let mut limiter = Limiter { points, window, remaining: points, resets_at: None };
            limiter.spend(1, now);
            limiter.learn(&shown, now);
            assert_eq!((limiter.remaining, limiter.resets_at.is_some_and(|at| at > now)), (0, true));
        }
    }
}
