//! What a queue does, whichever it is. One suite of tests runs on all of them.

use std::fmt;

use futures_util::future::BoxFuture;

use crate::error::Result;
use crate::serve::jobs::{Job, Kind};
use crate::serve::store::{Claim, Claimant};

/// Carries jobs to workers.
pub trait Queue: fmt::Debug + Send + Sync {
    /// Says when a job is to be looked at next. Returns at once, whatever the queue is doing.
    fn push(&self, job: &Job);

    /// Claims a job of a kind. Waits for a moment where there is none, and returns `None` then.
    ///
    /// Not to be dropped halfway: a job that was claimed would lie until its lease is over.
    fn take<'a>(&'a self, kind: Kind, claimant: Claimant<'a>) -> BoxFuture<'a, Result<Option<Taken>>>;

    /// Says again which jobs are due, as if nothing had been said before, and forgets what is meant for workers with these
    /// recipes. Returns how many jobs the queue did not know.
    fn rebuild<'a>(&'a self, gone: &'a [String]) -> BoxFuture<'a, Result<u64>>;

    /// Makes sure that the queue works, and changes nothing. Returns in words what it is.
    fn look(&self) -> BoxFuture<'_, Result<String>>;
}

/// A job that was claimed, and the queue's own note of it.
pub struct Taken {
    /// The claim.
    pub claim: Claim,
    /// What the queue knows it by.
    pub ticket: Box<dyn Ticket>,
}

/// What a queue knows a job by that a worker has. One that is dropped is given to another worker before long.
pub trait Ticket: Send + Sync {
    /// Says that the job is still being worked on.
    fn extend(&self) -> BoxFuture<'_, ()>;

    /// Gives the job back as it is now; `None` if it is another worker's.
    fn give_back<'a>(&'a self, job: Option<&'a Job>) -> BoxFuture<'a, ()>;
}
