//! The processes of the service, on one machine or many, and their jobs.

use jiff::Timestamp;
use serde::Serialize;

use crate::config::Role;
use crate::error::Result;

use super::jobs::{Job, State};
use super::store::{Filter, Process, Store};
use super::view::JobView;

/// The most running jobs to list.
const MOST: i64 = 10_000;

/// A process and its jobs.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The process, as it describes itself.
    pub process: Process,
    /// Its jobs, most recently changed first.
    pub jobs: Vec<JobView>,
}

/// The JSON of a process and its jobs.
#[derive(Debug, Serialize)]
pub struct MemberView<'a> {
    process: &'a str,
    host: &'a str,
    role: Role,
    release: &'a str,
    recipe: &'a str,
    started: Timestamp,
    jobs: &'a [JobView],
}

impl<'a> From<&'a Member> for MemberView<'a> {
    fn from(Member { process, jobs }: &'a Member) -> Self {
        MemberView {
            process: &process.worker,
            host: &process.host,
            role: process.role,
            release: &process.version,
            recipe: &process.recipe,
            started: process.started,
            jobs,
        }
    }
}

impl Member {
    /// All processes that reported recently.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn all(store: &Store) -> Result<Vec<Member>> {
        let running = Filter { states: vec![State::Running], ..Filter::default() };
        let (processes, jobs) = tokio::try_join!(store.present(), store.list(&running, MOST))?;
        Ok(processes.into_iter().map(|process| Member::of(process, &jobs)).collect())
    }

    fn of(process: Process, jobs: &[Job]) -> Member {
        let own = jobs.iter().filter(|job| job.worker.as_ref() == Some(&process.worker));
        Member { jobs: own.map(JobView::from).collect(), process }
    }
}
