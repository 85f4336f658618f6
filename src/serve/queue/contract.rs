//! The interface of queues. One test suite runs on all implementations.

use std::fmt;

use futures_util::future::BoxFuture;

use crate::error::Result;
use crate::serve::jobs::{Job, Kind};
use crate::serve::store::{Claim, Claimant};

/// Carries jobs to workers.
pub trait Queue: fmt::Debug + Send + Sync {
    /// Announces when a job is due. Returns at once, whatever the state of the queue.
    fn push(&self, job: &Job);

    /// Claims a job of a kind. If there is none, waits for a moment and returns `None`.
    ///
    /// Must not be dropped halfway: a claimed job would be idle until its lease ends.
    fn take<'a>(&'a self, kind: Kind, claimant: Claimant<'a>) -> BoxFuture<'a, Result<Option<Taken>>>;

    /// Announces all due jobs again, and drops announcements for workers with these recipes. Returns the number of jobs
    /// that the queue did not know.
    fn rebuild<'a>(&'a self, gone: &'a [String]) -> BoxFuture<'a, Result<u64>>;

    /// Checks that the queue works, without changes. Returns a description of it.
    fn look(&self) -> BoxFuture<'_, Result<String>>;
}

/// A claimed job, and the queue's ticket for it.
pub struct Taken {
    /// The claim.
    pub claim: Claim,
    /// The queue's ticket.
    pub ticket: Box<dyn Ticket>,
}

/// A queue's ticket for a job that a worker has. If it is dropped, another worker gets the job before long.
pub trait Ticket: Send + Sync {
    /// Reports that work on the job continues.
    fn extend(&self) -> BoxFuture<'_, ()>;

    /// Returns the job in its current state; `None` if another worker has it.
    fn give_back<'a>(&'a self, job: Option<&'a Job>) -> BoxFuture<'a, ()>;
}
