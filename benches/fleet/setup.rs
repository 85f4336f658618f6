//! The machines, and how they share what there is.

use crate::clock::Moment;
use crate::job::Kind;
use crate::limits::Request;

/// Who gets a job when several workers have a free slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    Any,
    /// One that has most slots free.
    Idlest,
}

#[derive(Debug, Clone)]
pub struct Setup {
    pub workers: usize,
    pub cores: usize,
    /// Slots by kind.
    pub slots: [usize; Kind::COUNT],
    pub choice: Choice,
    /// Whether all machines reach the PDS from one address.
    pub is_one_address: bool,
    pub is_bypassed: bool,
    /// How long a job waits in its slot for a limit that all share, and for one of its account.
    pub patience: Moment,
    pub patience_for_account: Moment,
    /// What a login takes.
    pub login: Moment,
    pub seed: u64,
}

impl Setup {
    /// Whether a job waits until then for a limit of such requests; as `src/remote/waits.rs`.
    pub fn has_patience(&self, now: Moment, until: Moment, request: Request) -> bool {
        let is_of_account = matches!(request, Request::Write | Request::Login);
        let patience = if is_of_account { self.patience_for_account } else { self.patience };
        until - now <= patience + patience / 100
    }
}
