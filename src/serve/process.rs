//! Reports this process to the others: its knowledge of the PDS's limits, and its waits.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::error::Result;
use crate::remote::pds::{Limit, Pds, Scope};

use super::service::Service;
use super::store::{Budget, Process, Waiting};

/// The interval of reports.
const TELL: Duration = Duration::from_secs(5);

/// The most limits of single accounts, and the most waits, in a report: those that matter most.
const MOST: usize = 20;

/// Reports this process until `service.stopping` is cancelled.
pub async fn tell(service: &Service) {
    while !service.stopping.is_cancelled() {
        if let Err(error) = tell_once(service).await {
            tracing::warn!(chain = ?error.chain(), "cannot report the process");
        }
        service.pause(TELL).await;
    }
    if let Err(error) = service.store.forget_process(&service.worker).await {
        // Its entry expires before long.
        tracing::debug!(chain = ?error.chain(), "cannot remove the process");
    }
}

/// Reports this process, and reads the reports of the others, with which it shares the PDS's limits.
async fn tell_once(service: &Service) -> Result<()> {
    service.store.note_process(&this(service)).await?;
    let mut others = service.store.present().await?;
    others.retain(|other| other.worker != service.worker);
    let workers = others.iter().filter(|other| other.role.works()).count();
    let now = Timestamp::now();
    let seen = others.iter().flat_map(|other| &other.budgets).filter_map(|budget| limit(budget, now));
    service.services.pds.pace().share(u32::try_from(workers).unwrap_or(u32::MAX), seen);
    Ok(())
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
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        role: service.config.role,
        recipe: service.recipe.clone(),
        version: env!("CARGO_PKG_VERSION").into(),
        started: service.started,
        budgets: budgets(&service.services.pds),
        waits,
    }
}

/// The known limits of the server; of those for single accounts, the ones with the least left.
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

/// A limit reported by another process; `None` if its window has ended.
fn limit(budget: &Budget, now: Timestamp) -> Option<Limit> {
    let left = Duration::try_from(budget.resets.duration_since(now)).ok().filter(|left| !left.is_zero())?;
    Some(Limit {
        scope: Scope::wanted(&budget.kind, budget.account.as_deref())?,
        points: budget.points,
        window: Duration::from_secs(budget.window),
        remaining: budget.remaining,
        resets_in: left,
    })
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
