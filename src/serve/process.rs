//! This process, told to the others: what it knows of the PDS's limits, and what it waits for.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::remote::pds::{Limit, Pds};

use super::service::Service;
use super::store::{Budget, Process, Waiting};

/// How often it is told.
const TELL: Duration = Duration::from_secs(10);

/// How many limits of single accounts, and how many waits, are told of: those that matter most.
const MOST: usize = 20;

/// Tells of this process until `service.stopping` is cancelled.
pub async fn tell(service: &Service) {
    while !service.stopping.is_cancelled() {
        if let Err(error) = service.store.note_process(&this(service)).await {
            tracing::warn!(chain = ?error.chain(), "the process cannot be noted");
        }
        service.pause(TELL).await;
    }
    if let Err(error) = service.store.forget_process(&service.worker).await {
        // It is forgotten by itself before long.
        tracing::debug!(chain = ?error.chain(), "the process cannot be forgotten");
    }
}

fn this(service: &Service) -> Process {
    let current = service.services.waits.watch().borrow().clone();
    let waits = current.iter().map(|wait| Waiting {
        kind: wait.want.kind.into(),
        account: wait.want.account.clone(),
        until: wait.until,
    });
    let mut waits: Vec<_> = waits.collect();
    waits.sort_by_key(|wait| std::cmp::Reverse(wait.until));
    waits.truncate(MOST);
    Process {
        worker: service.worker.clone(),
        version: env!("CARGO_PKG_VERSION").into(),
        started: service.started,
        budgets: budgets(&service.services.pds),
        waits,
    }
}

/// The server's limits as they have been seen; of those for single accounts, the ones with the least left.
#[must_use]
pub fn budgets(pds: &Pds) -> Vec<Budget> {
    let now = Timestamp::now();
    let mut budgets: Vec<_> = pds.pace().limits().iter().map(|limit| budget(limit, now)).collect();
    let share = |budget: &Budget| f64::from(budget.remaining) / f64::from(budget.points.max(1));
    budgets.sort_by(|one, other| {
        one.account.is_some().cmp(&other.account.is_some()).then(share(one).total_cmp(&share(other)))
    });
    budgets.truncate(MOST);
    budgets
}

fn budget(limit: &Limit, now: Timestamp) -> Budget {
    let want = limit.scope.want();
    let left = SignedDuration::try_from(limit.resets_in).unwrap_or(SignedDuration::MAX);
    Budget {
        kind: want.kind.into(),
        account: want.account,
        points: limit.points,
        window: limit.window.as_secs(),
        remaining: limit.remaining,
        resets: now.checked_add(left).unwrap_or(Timestamp::MAX),
    }
}
