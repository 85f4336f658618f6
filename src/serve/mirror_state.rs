//! How far the mirror is in step: changes read, the last plan, the PDS's limits, and who has to wait for them.

use std::time::Duration;

use jiff::Timestamp;

use crate::error::Result;

use super::fleet::Member;
use super::jobs::{Attempt, Job, Later, Outcome, Planned, State, Work};
use super::schedule;
use super::service::Service;
use super::store::Reading;

/// The code of a failure because of a limit of the PDS.
const THROTTLED: &str = "pds.throttled";

/// How far the mirror is in step.
#[derive(Debug, Clone, PartialEq)]
pub struct MirrorState {
    /// How the reading of changes stands; `None` if nobody has ever begun.
    pub reading: Option<Reading>,
    /// How far back the database remembers changes; `None` if that is not for us to know.
    pub oplog: Option<Duration>,
    /// The job that plans everything; `None` before the first plan.
    pub plan: Option<Job>,
    /// When everything is planned next.
    pub next_plan: Timestamp,
    /// The processes of the service.
    pub members: Vec<Member>,
    /// How many items wait because the PDS limits its rate, and when the first of them is tried again.
    pub throttled: (u64, Option<Timestamp>),
}

impl MirrorState {
    /// As it is now.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn read(service: &Service, now: Timestamp) -> Result<MirrorState> {
        let (store, mongo) = (&service.store, &service.services.mongo);
        let plan = Work::Plan.id();
        let (reading, oplog, plan, members, throttled) = tokio::try_join!(
            store.reading(),
            mongo.oplog_window(),
            store.job(&plan),
            Member::all(store),
            store.waiting_for(THROTTLED),
        )?;
        let next_plan = schedule::next(service.config.plan_at, now);
        Ok(MirrorState { reading, oplog, plan, next_plan, members, throttled })
    }

    /// The last plan that was carried out, and what it came to.
    #[must_use]
    pub fn last_plan(&self) -> Option<(&Attempt, &Planned)> {
        let plan = self.plan.as_ref()?;
        let Some(Outcome::Planned(planned)) = &plan.outcome else { return None };
        let last = plan.history.iter().rfind(|attempt| attempt.state == State::Done)?;
        Some((last, planned))
    }

    /// The accounts that the last plan postponed, and whose turn has not come yet.
    #[must_use]
    pub fn postponed(&self, now: Timestamp) -> Vec<&Later> {
        let postponed = self.last_plan().map(|(_, planned)| planned.postponed.as_slice()).unwrap_or_default();
        postponed.iter().filter(|later| later.until > now).collect()
    }
}
