//! A job as others see it: the API, the stream of events, webhooks and pages.

use jiff::Timestamp;
use serde::Serialize;

use super::jobs::{Attempt, Failure, Job, Kind, Outcome, Stage, State, Work};

/// A job in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobView {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: Kind,
    /// The code of its tape, the id of its item.
    pub label: String,
    /// The item's collection, of a job for an item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium: Option<String>,
    /// Where it stands.
    pub state: State,
    /// What it is doing.
    pub stage: Option<Stage>,
    /// How far it is in that.
    pub percent: Option<u8>,
    /// Where the poster of its tape is, once there is one.
    pub poster: Option<String>,
    /// Attempts so far.
    pub attempt: u32,
    /// When it was first asked for.
    pub created: Timestamp,
    /// When anything about it changed last.
    pub changed: Timestamp,
    /// When the last attempt began.
    pub started: Option<Timestamp>,
    /// When it is to be looked at next.
    pub due: Option<Timestamp>,
    /// When it was over.
    pub finished: Option<Timestamp>,
    /// Why the last attempt did not do it.
    pub failure: Option<Failure>,
}

/// A job with everything that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobPage {
    /// In short.
    #[serde(flatten)]
    pub job: JobView,
    /// Who has it, or had it last.
    pub worker: Option<String>,
    /// What it came to.
    pub outcome: Option<Outcome>,
    /// The last attempts, the oldest first.
    pub history: Vec<Attempt>,
}

impl From<&Job> for JobView {
    fn from(job: &Job) -> Self {
        let medium = match &job.work {
            Work::Mirror(subject) => Some(subject.medium.clone()),
            _ => None,
        };
        JobView {
            id: job.id.clone(),
            kind: job.work.kind(),
            label: job.work.label().into(),
            medium,
            state: job.state,
            stage: job.stage,
            percent: job.percent,
            poster: job.poster.clone().or_else(|| match &job.outcome {
                Some(Outcome::Baked(baked)) => baked.thumbnail_url.clone(),
                _ => None,
            }),
            attempt: job.attempt,
            created: job.created,
            changed: job.changed,
            started: job.started,
            due: job.due,
            finished: job.finished,
            failure: job.failure.clone(),
        }
    }
}

impl From<Job> for JobPage {
    fn from(job: Job) -> Self {
        JobPage { job: JobView::from(&job), worker: job.worker, outcome: job.outcome, history: job.history }
    }
}

/// `3 min ago`, `in 2 h`.
#[must_use]
pub fn ago(time: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(time).as_secs();
    let text = span(seconds.unsigned_abs());
    if seconds >= 0 { format!("{text} ago") } else { format!("in {text}") }
}

/// How long something took: `240 ms`, `3.2 s`, `4 min 10 s`.
#[must_use]
pub fn took(milliseconds: u64) -> String {
    let (seconds, minutes) = (milliseconds / 1_000, milliseconds / 60_000);
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{:.1} s", milliseconds as f64 / 1_000.0),
        60_000..3_600_000 => format!("{minutes} min {} s", seconds % 60),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// `40 s`, `3 min`, `2 h`, `5 d`.
#[must_use]
pub fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_people_do() {
        let now = Timestamp::UNIX_EPOCH;
        let before = |seconds| ago(now - jiff::SignedDuration::from_secs(seconds), now);
        assert_eq!(
            [0, 119, 120, 7_200, 172_800, -90].map(before),
            ["0 s ago", "119 s ago", "2 min ago", "2 h ago", "2 d ago", "in 90 s"]
        );
        let lengths = [999, 1_000, 59_900, 250_000, 3_600_000].map(took);
        assert_eq!(lengths, ["999 ms", "1.0 s", "59.9 s", "4 min 10 s", "1 h 0 min"]);
    }
}
