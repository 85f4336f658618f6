//! A job: what there is to do, how far it is, and how its attempts ended.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::millisecond;
use serde::{Deserialize, Serialize};

use crate::tape::Facts;

use super::planned::Planned;
use super::work::{Kind, Work};

/// A job as it is stored. Times are the database server's, so that no machine's clock decides anything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Follows from the work: the same work is one job, see [`Work::id`].
    #[serde(rename = "_id")]
    pub id: String,
    /// What is to be done.
    pub work: Work,
    /// The recipe that its videos are made by: only workers that have it take the job. `None` where nothing is encoded, and
    /// in jobs from before there were recipes.
    #[serde(default)]
    pub recipe: Option<String>,
    /// Where it stands.
    pub state: State,
    /// When it is to be looked at next: begun, begun again, or taken from a worker that has not been heard of. `None` once
    /// it is over.
    #[serde(default, with = "millisecond::optional")]
    pub due: Option<Timestamp>,
    /// When it is to be done once more, because somebody asked while it was running.
    #[serde(default, with = "millisecond::optional")]
    pub again: Option<Timestamp>,
    /// Grows with each claim; whoever writes with an older one writes nothing.
    #[serde(default)]
    pub fence: i64,
    /// The fence when it was asked for, or begun anew, last: tells what comes of this time from what came of others.
    #[serde(default)]
    pub round: i64,
    /// Attempts that were begun since it was asked for.
    #[serde(default)]
    pub attempt: u32,
    /// Workers that were not heard of again while they had it.
    #[serde(default)]
    pub deaths: u32,
    /// Whether somebody wants it to end.
    #[serde(default)]
    pub is_cancelled: bool,
    /// Who has it, or had it last.
    #[serde(default)]
    pub worker: Option<String>,
    /// What the running attempt is doing.
    #[serde(default)]
    pub stage: Option<Stage>,
    /// How far it is in that, in per cent.
    #[serde(default)]
    pub percent: Option<u8>,
    /// Where the poster of its tape is, once there is one.
    #[serde(default)]
    pub poster: Option<String>,
    /// When it was first asked for.
    #[serde(with = "millisecond::required")]
    pub created: Timestamp,
    /// When anything about it changed last.
    #[serde(with = "millisecond::required")]
    pub changed: Timestamp,
    /// When the last attempt began.
    #[serde(default, with = "millisecond::optional")]
    pub started: Option<Timestamp>,
    /// When it was over.
    #[serde(default, with = "millisecond::optional")]
    pub finished: Option<Timestamp>,
    /// Why the last attempt did not do it.
    #[serde(default)]
    pub failure: Option<Failure>,
    /// The last attempts, the oldest first.
    #[serde(default)]
    pub history: Vec<Attempt>,
    /// What it came to.
    #[serde(default)]
    pub outcome: Option<Outcome>,
}

/// When a job is to be looked at next, and by whom.
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
    /// When.
    #[serde(rename = "due", with = "millisecond::required")]
    pub at: Timestamp,
}

impl Job {
    /// When it is to be looked at next; `None` if that is never.
    #[must_use]
    pub fn next_look(&self) -> Option<Due> {
        Some(Due { id: self.id.clone(), kind: self.work.kind(), recipe: self.recipe.clone(), at: self.due? })
    }

    /// Whether somebody has had it before, since it was asked for: whatever that one did is done, even if nobody knows.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        self.fence > self.round + 1
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nobody has begun it.
    Queued,
    /// Somebody is at it.
    Running,
    /// An attempt failed, and another follows.
    Waiting,
    /// It is done.
    Done,
    /// It is given up until a person asks for it again.
    Parked,
    /// Somebody did not want it any more.
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

    /// Whether nothing is going to happen any more.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, State::Done | State::Parked | State::Cancelled)
    }
}

/// What an attempt is doing, in the oven's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// The ZIP is on its way here.
    Downloading,
    /// Frames are being encoded.
    Processing,
    /// Video and poster are on their way to Spaces.
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

/// Why an attempt did not do what it was for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The kind of failure; see [`crate::Error::code`].
    pub code: String,
    /// In words.
    pub text: String,
}

/// An attempt that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began.
    #[serde(default, with = "millisecond::optional")]
    pub started: Option<Timestamp>,
    /// When it ended.
    #[serde(with = "millisecond::required")]
    pub ended: Timestamp,
    /// Who made it.
    #[serde(default)]
    pub worker: Option<String>,
    /// The stage that it reached.
    #[serde(default)]
    pub stage: Option<Stage>,
    /// The state that it left the job in.
    pub state: State,
    /// Why it did not do it.
    #[serde(default)]
    pub failure: Option<Failure>,
}

/// What a job came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A tape was baked.
    Baked(Baked),
    /// All accounts were planned, and the plans carried out.
    Planned(Planned),
    /// Something else happened, or nothing had to.
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
    /// Where the video is.
    pub mp4_url: String,
    /// Bytes of the video.
    pub mp4_bytes: u64,
    /// Where the poster is, if one could be made.
    pub thumbnail_url: Option<String>,
    /// Frames of the tape.
    pub frames: u64,
    /// How long it lasts.
    pub seconds: f64,
    /// What is odd about it.
    pub warnings: Vec<String>,
    /// What its ZIP holds; not of tapes that were baked before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tape: Option<Box<Facts>>,
}
