//! Requests a full plan once a day; the first of several processes does.

use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::error::Result;

use super::jobs::Work;
use super::service::Service;

/// How often the time is checked.
const LOOK: Duration = Duration::from_mins(1);

/// From one plan to the next.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Requests plans until `service.stopping` is cancelled.
pub async fn plan_daily(service: &Service) {
    while !service.stopping.is_cancelled() {
        if let Err(error) = plan_if_due(service).await {
            tracing::warn!(chain = ?error.chain(), "cannot request a plan");
        }
        service.pause(LOOK).await;
    }
}

async fn plan_if_due(service: &Service) -> Result<()> {
    let job = service.store.job(&Work::Plan.id()).await?;
    let last = job.map(|job| job.started.unwrap_or(job.created));
    if is_due(last, service.config.plan_at, Timestamp::now()) {
        service.submit(&Work::Plan, Duration::ZERO, true).await?;
    }
    Ok(())
}

/// Whether the last plan is older than the last scheduled time. The process that starts to read changes requests the
/// first plan.
fn is_due(last: Option<Timestamp>, plan_at: Time, now: Timestamp) -> bool {
    let latest = next(plan_at, now) - DAY;
    last.is_some_and(|last| last < latest)
}

/// The time of the next full plan.
#[must_use]
pub fn next(plan_at: Time, now: Timestamp) -> Timestamp {
    let today = now.to_zoned(TimeZone::UTC).date().to_datetime(plan_at).to_zoned(TimeZone::UTC);
    // Every time of day exists in UTC; only the last day of the calendar has none after it.
    let today = today.map_or(now, |today| today.timestamp());
    if today <= now { today + DAY } else { today }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_made_once_a_day() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let four = Time::constant(4, 0, 0, 0);
        for (last, now, expected) in [
            ("2026-11-25T04:00:10Z", "2026-11-26T03:59:59Z", false),
            ("2026-11-25T04:00:10Z", "2026-11-26T04:00:00Z", true),
            ("2026-11-26T04:00:10Z", "2026-11-26T23:59:00Z", false),
            ("2026-11-26T03:00:00Z", "2026-11-26T04:30:00Z", true),
            ("2026-11-20T00:00:00Z", "2026-11-26T01:00:00Z", true),
        ] {
            assert_eq!(is_due(Some(at(last)), four, at(now)), expected, "{last} {now}");
        }
        assert_eq!(next(four, at("2026-11-26T03:59:59Z")), at("2026-11-26T04:00:00Z"));
        assert_eq!(next(four, at("2026-11-26T04:00:00Z")), at("2026-11-27T04:00:00Z"));
        assert!(!is_due(None, four, at("2026-11-26T04:00:00Z")));
    }
}
