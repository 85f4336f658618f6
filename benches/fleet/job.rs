//! What a worker does for an item, step by step.

use crate::clock::Moment;
use crate::limits::Request;

/// Kinds of work, each with slots of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bake,
    Mirror,
    Callback,
}

impl Kind {
    pub const COUNT: usize = 3;

    /// How many jobs of this kind a worker has at once; as `src/serve/runner.rs`.
    pub fn slots(self, cores: usize) -> usize {
        match self {
            Kind::Bake => cores + 1,
            Kind::Mirror => 16,
            Kind::Callback => 8,
        }
    }
}

/// The state of an item, as its maker sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A worker has it.
    Begun,
    /// The video is where players look for it.
    Playable,
    /// The record is on the PDS.
    Published,
}

#[derive(Debug, Clone)]
pub enum Step {
    /// Time that passes while no core of ours is busy.
    Wait(Moment),
    /// A session of the account is needed: kept by the worker, begun or refreshed.
    Session,
    /// A request to the PDS. Its time is in a `Wait`.
    Ask(Request),
    /// Whether such a request could go before patience ends.
    Foresee(Request),
    /// A permit of the encoder, of which a worker has one for each core.
    Encoder,
    /// Seconds of one core, on a limited number of cores.
    Compute(f64, usize),
    EncoderFree,
    Mark(Mark),
    Submit(Box<Job>),
}

#[derive(Debug, Clone)]
pub struct Job {
    pub kind: Kind,
    pub script: Vec<Step>,
    /// What takes its place if it has to be postponed; else it begins anew.
    pub instead: Option<Box<Job>>,
}

impl Job {
    pub fn new(kind: Kind, script: Vec<Step>) -> Job {
        Job { kind, script, instead: None }
    }
}
