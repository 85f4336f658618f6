//! Pure: what to do with a message whose job cannot be claimed.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::serve::jobs::{Job, State};

use super::subject::Names;

/// The delay of a job that is due but that this worker may not take now, because its endpoint is busy.
const BUSY: Duration = Duration::from_secs(1);

/// The longest delay of a message. Until its end, the worker does not notice that another message has replaced it.
const LONGEST: Duration = Duration::from_mins(15);

/// What to do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is obsolete: delete it.
    Over,
    /// Deliver it again after this time.
    Later(Duration),
}

/// What to do with the message with a subject, given its job and the time of the database.
pub fn fate(names: &Names, subject: &str, job: Option<&Job>, now: Timestamp) -> Fate {
    let Some((job, due)) = job.and_then(|job| Some((job, job.next_look()?))) else { return Fate::Over };
    // A running job is due at the end of its lease, which is renewed; no message announces that.
    if job.state != State::Running && names.subject(&due) != subject {
        return Fate::Over;
    }
    let left = due.at.duration_since(now).max(SignedDuration::ZERO);
    Fate::Later(Duration::try_from(left).unwrap_or_default().clamp(BUSY, LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::jobs::Work;

    /// A job of that state, due at that time.
    fn job(state: State, due: Option<i64>, recipe: &str) -> Job {
        let at = |millisecond| Timestamp::from_millisecond(millisecond).unwrap();
        let stored = serde_json::json!({
            "_id": "56b4", "work": Work::Plan, "state": state, "due": due, "recipe": recipe,
            "created": 0, "changed": at(0).as_millisecond(),
        });
        serde_json::from_value(stored).unwrap()
    }

    #[test]
    fn a_message_is_kept_as_long_as_it_says_something_that_no_other_says() {
        let names = Names::of("site");
        let now = Timestamp::from_millisecond(10_000).unwrap();
        let subject = "telecine.site.plan.r1.56b4.12000";
        for (job, expected) in [
            (None, Fate::Over),
            (Some(job(State::Done, None, "r1")), Fate::Over),
            (Some(job(State::Queued, Some(12_000), "r1")), Fate::Later(Duration::from_secs(2))),
            // It is due earlier, or for other workers: another message says so.
            (Some(job(State::Queued, Some(11_000), "r1")), Fate::Over),
            (Some(job(State::Queued, Some(12_000), "r2")), Fate::Over),
            // If its worker dies, another must be told.
            (Some(job(State::Running, Some(40_000), "r1")), Fate::Later(Duration::from_secs(30))),
            (Some(job(State::Running, Some(9_000), "r1")), Fate::Later(BUSY)),
            (Some(job(State::Running, Some(90_000_000), "r1")), Fate::Later(LONGEST)),
        ] {
            assert_eq!(fate(&names, subject, job.as_ref(), now), expected, "{job:?}");
        }
        let due = "telecine.site.plan.r1.56b4.9000";
        let busy = job(State::Waiting, Some(9_000), "r1");
        assert_eq!(fate(&names, due, Some(&busy), now), Fate::Later(BUSY));
    }
}
