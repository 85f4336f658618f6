//! Public views of a job: for the API, the event stream, webhooks and pages.

use jiff::Timestamp;
use serde::Serialize;

use super::jobs::{Attempt, Failure, Job, Kind, Outcome, Stage, State, Work};

/// The short view of a job.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobView {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: Kind,
    /// The code of its tape, or the id of its item.
    pub label: String,
    /// The item's collection, for a job on an item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium: Option<String>,
    /// Its state.
    pub state: State,
    /// Its stage.
    pub stage: Option<Stage>,
    /// The progress of the stage, in per cent.
    pub percent: Option<u8>,
    /// The address of its tape's poster, once made.
    pub poster: Option<String>,
    /// Attempts so far.
    pub attempt: u32,
    /// The time of the first request.
    pub created: Timestamp,
    /// The time of the last change.
    pub changed: Timestamp,
    /// The start of the last attempt.
    pub started: Option<Timestamp>,
    /// The time of the next step.
    pub due: Option<Timestamp>,
    /// The end.
    pub finished: Option<Timestamp>,
    /// Why the last attempt failed.
    pub failure: Option<Failure>,
}

/// The complete view of a job.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobPage {
    /// The short view.
    #[serde(flatten)]
    pub job: JobView,
    /// The current or last worker.
    pub worker: Option<String>,
    /// Its outcome.
    pub outcome: Option<Outcome>,
    /// The last attempts, oldest first.
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

impl JobView {
    /// The progress of its attempt, behind a space: ` processing 40 %`. Empty if it has none.
    #[must_use]
    pub fn progress(&self) -> String {
        let stage = self.stage.map_or(String::new(), |stage| format!(" {}", stage.name()));
        let percent = self.percent.map_or(String::new(), |percent| format!(" {percent} %"));
        stage + &percent
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

/// A duration: `240 ms`, `3.2 s`, `4 min 10 s`.
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
