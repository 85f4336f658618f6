//! The processes of the service, on one machine or many, and what each is doing.

use serde::Serialize;

use crate::error::Result;

use super::jobs::{Job, State};
use super::store::{Filter, Process, Store};
use super::view::JobView;

/// How many running jobs are looked at.
const MOST: i64 = 10_000;

/// A process, and what it is doing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Member {
    /// The process, as it says of itself.
    #[serde(flatten)]
    pub process: Process,
    /// The jobs that it has, those that have changed last first.
    pub jobs: Vec<JobView>,
}

impl Member {
    /// All processes that were heard of not long ago.
    ///
    /// # Errors
    /// When the database cannot be read.
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
