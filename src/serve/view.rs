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
