//! A job: its work, state and attempts.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::millisecond;
use serde::{Deserialize, Serialize};

use crate::tape::Facts;

use super::planned::Planned;
use super::work::{Kind, Work};

/// A job as it is stored. Times are the database server's, so that no machine's clock matters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Derived from the work, because equal work is one job: see [`Work::id`].
    #[serde(rename = "_id")]
    pub id: String,
    /// The work.
    pub work: Work,
    /// The recipe of its videos: only workers with this recipe take the job. `None` if it encodes nothing, and in jobs
    /// of releases without recipes.
    #[serde(default)]
    pub recipe: Option<String>,
    /// The state.
    pub state: State,
    /// When a worker may claim it: for the first attempt, for another, or from a worker that has disappeared. `None` if
    /// it has ended.
    #[serde(default, with = "millisecond::optional")]
    pub due: Option<Timestamp>,
    /// When to repeat it, if it was requested again while it was running.
    #[serde(default, with = "millisecond::optional")]
    pub again: Option<Timestamp>,
    /// Grows with each claim; a write with an older fence has no effect.
    #[serde(default)]
    pub fence: i64,
    /// The fence at the last request or retry: distinguishes the results of this round from earlier ones.
    #[serde(default)]
    pub round: i64,
    /// Attempts since the last request.
    #[serde(default)]
    pub attempt: u32,
    /// Workers that disappeared while they had it.
    #[serde(default)]
    pub deaths: u32,
    /// Whether it was cancelled while running.
    #[serde(default)]
    pub is_cancelled: bool,
    /// The worker that has it, or had it last.
    #[serde(default)]
    pub worker: Option<String>,
    /// The stage of the running attempt.
    #[serde(default)]
    pub stage: Option<Stage>,
    /// The progress within the stage, in percent.
    #[serde(default)]
    pub percent: Option<u8>,
    /// The URL of its tape's poster, if there is one yet.
    #[serde(default)]
    pub poster: Option<String>,
    /// The time of the first request.
    #[serde(with = "millisecond::required")]
    pub created: Timestamp,
    /// The time of the last change.
    #[serde(with = "millisecond::required")]
    pub changed: Timestamp,
    /// The start of the last attempt.
    #[serde(default, with = "millisecond::optional")]
    pub started: Option<Timestamp>,
    /// The end of the job.
    #[serde(default, with = "millisecond::optional")]
    pub finished: Option<Timestamp>,
    /// The failure of the last attempt.
    #[serde(default)]
    pub failure: Option<Failure>,
    /// The last attempts, oldest first.
    #[serde(default)]
    pub history: Vec<Attempt>,
    /// The result.
    #[serde(default)]
    pub outcome: Option<Outcome>,
}

/// When a job is due, and for which workers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Due {
    /// The job's id.
    #[serde(rename = "_id")]
    pub id: String,
    /// Its kind.
    pub kind: Kind,
    /// Its recipe.
    #[serde(default)]
    pub recipe: Option<String>,
    /// The time.
    #[serde(rename = "due", with = "millisecond::required")]
    pub at: Timestamp,
}

impl Job {
    /// When the job is due; `None` if it has ended.
    #[must_use]
    pub fn next_look(&self) -> Option<Due> {
        Some(Due { id: self.id.clone(), kind: self.work.kind(), recipe: self.recipe.clone(), at: self.due? })
    }

    /// Whether another attempt was made since the last request: its effects may exist, even if no result was stored.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        self.fence > self.round + 1
    }
}

/// The state of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It waits for its first attempt.
    Queued,
    /// A worker has it.
    Running,
    /// An attempt failed, and another follows.
    Waiting,
    /// The work is done.
    Done,
    /// It failed for good, until a person retries it.
    Parked,
    /// A person cancelled it.
    Cancelled,
}

impl State {
    /// All of them.
    pub const ALL: [State; 6] =
        [State::Queued, State::Running, State::Waiting, State::Done, State::Parked, State::Cancelled];

    /// The state of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Its name: `queued`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Running => "running",
            State::Waiting => "waiting",
            State::Done => "done",
            State::Parked => "parked",
            State::Cancelled => "cancelled",
        }
    }

    /// Whether the job has ended.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, State::Done | State::Parked | State::Cancelled)
    }
}

/// The stages of an attempt, with the oven's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// The ZIP is being downloaded.
    Downloading,
    /// Frames are being encoded.
    Processing,
    /// Video and poster are being uploaded to Spaces.
    Uploading,
    /// The record is being written.
    Publishing,
}

impl Stage {
    /// Its name: `downloading`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Stage::Downloading => "downloading",
            Stage::Processing => "processing",
            Stage::Uploading => "uploading",
            Stage::Publishing => "publishing",
        }
    }
}

/// The failure of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The kind of failure; see [`crate::Error::code`].
    pub code: String,
    /// The message.
    pub text: String,
}

/// A finished attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The start.
    #[serde(default, with = "millisecond::optional")]
    pub started: Option<Timestamp>,
    /// The end.
    #[serde(with = "millisecond::required")]
    pub ended: Timestamp,
    /// The worker.
    #[serde(default)]
    pub worker: Option<String>,
    /// The stage that it reached.
    #[serde(default)]
    pub stage: Option<Stage>,
    /// The state that it left the job in.
    pub state: State,
    /// The failure.
    #[serde(default)]
    pub failure: Option<Failure>,
}

/// The result of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A tape was baked.
    Baked(Baked),
    /// All accounts were planned, and the plans applied.
    Planned(Planned),
    /// Anything else, in words.
    Noted(String),
}

/// A tape that was baked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baked {
    /// The hash of the ZIP's bytes.
    pub zip: String,
    /// Bytes of the ZIP.
    pub zip_bytes: u64,
    /// The preset with its version and codec: `standard@3/h264`.
    pub preset: String,
    /// The URL of the video.
    pub mp4_url: String,
    /// Bytes of the video.
    pub mp4_bytes: u64,
    /// The URL of the poster, if one could be made.
    pub thumbnail_url: Option<String>,
    /// Frames of the tape.
    pub frames: u64,
    /// The duration.
    pub seconds: f64,
    /// The warnings about the tape.
    pub warnings: Vec<String>,
    /// Facts about the ZIP; `None` for tapes baked by releases that did not store them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tape: Option<Box<Facts>>,
}
