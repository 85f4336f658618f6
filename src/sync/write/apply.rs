//! Processes one account until its plan is carried out, and plans again if the repo has changed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cid::Cid;

use crate::error::Result;
use crate::remote::mongo::Account;
use crate::remote::pds::Session;

use crate::sync::accounts::AccountTask;
use crate::sync::events::Event;
use crate::sync::plan::AccountPlan;
use crate::sync::read::count;
use crate::sync::report::AccountReport;
use crate::sync::services::{self, Services};
use crate::sync::strategy::{Strategy, plan};

use super::retry::Rounds;
use super::run::Run;
use super::writer::Writer;

/// Plans one account and carries the plan out.
pub async fn apply(task: &AccountTask, strategy: &Arc<dyn Strategy>) -> AccountReport {
    let AccountTask { services, scope, control, account } = task;
    let _turn = services.turn(account).await;
    services.server.refresh().await;
    let first = match plan(services, scope, account, &|_| true, Some(&**strategy)).await {
        Ok(plan) => plan,
        Err(error) => return AccountReport::unplanned(account, count(services, scope, account).await, &error),
    };
    control.events.tell(Event::planned(&first));
    let mut report = AccountReport::planned(&first);
    // An account without work needs no login.
    if !report.has_work() {
        return report;
    }
    let (session, listed) = match begin(services, account, &first).await {
        Ok(ready) => ready,
        Err(error) => {
            report.end(&error);
            return report;
        }
    };
    let mut run = Run {
        task,
        strategy,
        writer: Writer::new(&services.pds, session.clone()),
        session,
        listed: listed.into(),
        report,
        parked: HashSet::new(),
        ready: HashMap::new(),
        uncertain: HashMap::new(),
        singly: HashMap::new(),
    };
    if let Err(error) = Box::pin(carry_out(&mut run, first)).await {
        run.report.end(&error);
    }
    // In the order of creation, not of completion.
    run.report.replaced.sort_by(|one, other| one.rkey.cmp(&other.rkey));
    run.report.warned.sort_by(|one, other| one.code.cmp(&other.code));
    run.report
}

/// Logs in, and lists existing blobs if any are needed.
async fn begin(services: &Services, account: &Account, plan: &AccountPlan) -> Result<(Arc<Session>, HashSet<Cid>)> {
    let session = services::session(&services.sessions, account).await?;
    let needs_blobs = plan.media.iter().flat_map(|(_, plan)| &plan.steps).any(|step| step.missing_files().any());
    let listed = if needs_blobs { services.pds.list_blobs(session.did()).await? } else { HashSet::new() };
    Ok((session, listed))
}

/// Carries out plans until no work is left.
async fn carry_out(run: &mut Run<'_>, first: AccountPlan) -> Result<()> {
    let mut plan: Result<_> = Ok(first);
    let mut rounds = Rounds::new(run.report.account.clone());
    loop {
        let outcome = match plan {
            Ok(plan) => run.apply(plan).await,
            Err(error) => Err(error.into()),
        };
        if let Some(ended) = rounds.end(run.writer.done, outcome).await {
            return ended;
        }
        plan = again(run).await;
    }
}

async fn again(run: &mut Run<'_>) -> Result<AccountPlan> {
    let AccountTask { services, scope, control, account } = run.task;
    control.check()?;
    let wanted = |id| !run.parked.contains(&id);
    let plan = plan(services, scope, account, &wanted, Some(&**run.strategy)).await?;
    run.report.refused.clone_from(&plan.refused);
    Ok(plan)
}
