//! The state of the mirror: changes read, the last plan, the PDS's limits, and the waits for them.

use std::time::Duration;

use jiff::Timestamp;

use crate::error::Result;

use super::jobs::{Attempt, Job, Later, Outcome, Planned, State, Work};
use super::schedule;
use super::service::Service;
use super::store::Reading;

/// The code of a failure because of a limit of the PDS.
const THROTTLED: &str = "pds.throttled";

/// The state of the mirror.
#[derive(Debug, Clone, PartialEq)]
pub struct MirrorState {
    /// The state of the reading of changes; `None` if no process has ever read any.
    pub reading: Option<Reading>,
    /// The time of which the database still has changes; `None` if the user cannot read that.
    pub oplog: Option<Duration>,
    /// The job of the full plan; `None` before the first.
    pub plan: Option<Job>,
    /// The time of the next full plan.
    pub next_plan: Timestamp,
    /// The number of items that wait for a rate limit of the PDS, and the time of the first retry.
    pub throttled: (u64, Option<Timestamp>),
}

impl MirrorState {
    /// Reads the present state.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn read(service: &Service, now: Timestamp) -> Result<MirrorState> {
        let (store, mongo) = (&service.store, &service.services.mongo);
        let plan = Work::Plan.id();
        let (reading, oplog, plan, throttled) =
            tokio::try_join!(store.reading(), mongo.oplog_window(), store.job(&plan), store.waiting_for(THROTTLED),)?;
        let next_plan = schedule::next(service.config.plan_at, now);
        Ok(MirrorState { reading, oplog, plan, next_plan, throttled })
    }

    /// The last finished plan, and its result.
    #[must_use]
    pub fn last_plan(&self) -> Option<(&Attempt, &Planned)> {
        let plan = self.plan.as_ref()?;
        let Some(Outcome::Planned(planned)) = &plan.outcome else { return None };
        let last = plan.history.iter().rfind(|attempt| attempt.state == State::Done)?;
        Some((last, planned))
    }

    /// The accounts that the last plan postponed until a time in the future.
    #[must_use]
    pub fn postponed(&self, now: Timestamp) -> Vec<&Later> {
        let postponed = self.last_plan().map(|(_, planned)| planned.postponed.as_slice()).unwrap_or_default();
        postponed.iter().filter(|later| later.until > now).collect()
    }
}
