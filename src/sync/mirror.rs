//! The sync itself: plans all accounts in scope, and carries the plans out.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::{Stream, StreamExt};

use crate::error::{Error, Result};
use crate::video::Preset;

use super::accounts::{AccountTask, each};
use super::events::{Control, Event};
use super::plan::AccountPlan;
use super::read;
use super::report::{AccountReport, Report};
use super::scope::Scope;
use super::services::Services;
use super::strategy::{self, Mirroring, Strategy};
use super::weight::weigh;
use super::write;

/// A callback that sees each plan.
pub type Note = Arc<dyn Fn(&AccountPlan) + Send + Sync>;

/// Plans all accounts in scope without changes. Each plan is reported as an event.
///
/// # Errors
/// If the accounts cannot be listed. Errors of an account are in its report.
pub async fn dry_run(services: &Services, scope: &Scope, control: &Control) -> Result<Report> {
    plan_each(services, scope, None, Arc::new(|_| {}), control).await
}

/// Plans all accounts, adjusted by the strategy and within the limit, and passes each plan to `note`.
pub async fn plan_each(
    services: &Services,
    scope: &Scope,
    strategy: Option<Arc<dyn Strategy>>,
    note: Note,
    control: &Control,
) -> Result<Report> {
    let planning = move |task: AccountTask| -> BoxFuture<'static, Result<AccountReport>> {
        let (strategy, note) = (strategy.clone(), note.clone());
        Box::pin(async move {
            let AccountTask { services, scope, control, account } = &task;
            let plan = strategy::plan(services, scope, account, &|_| true, strategy.as_deref()).await?;
            note(&plan);
            control.events.tell(Event::planned(&plan));
            Ok(AccountReport { weight: weigh(services, &plan).await?, ..AccountReport::planned(&plan) })
        })
    };
    Ok(gathered(
        services,
        each(services, scope, control, planning, |task, error| Box::pin(unplanned(task, error))).await?,
    )
    .await)
}

/// Plans all accounts in scope and carries the plans out; tapes are encoded with the preset.
///
/// # Errors
/// If the accounts cannot be listed. Errors of an account are in its report.
pub async fn live(services: &Services, scope: &Scope, preset: &Preset, control: &Control) -> Result<Report> {
    apply_each(services, scope, Arc::new(Mirroring(preset.clone())), control).await
}

/// Plans all accounts in scope with a strategy and carries the plans out.
///
/// # Errors
/// As [`live`].
pub async fn apply_each(
    services: &Services,
    scope: &Scope,
    strategy: Arc<dyn Strategy>,
    control: &Control,
) -> Result<Report> {
    let applying = move |task: AccountTask| -> BoxFuture<'static, Result<AccountReport>> {
        let strategy = strategy.clone();
        Box::pin(async move { Ok(write::apply(&task, &strategy).await) })
    };
    let reports = each(services, scope, control, applying, |task, error| Box::pin(unplanned(task, error))).await?;
    let reports = reports.inspect(|report| {
        let (account, has_failures) = (report.account.clone(), report.has_failures());
        control.events.tell(Event::Finished { account, has_failures });
    });
    Ok(gathered(services, reports).await)
}

/// The report on an account whose planning or processing failed.
async fn unplanned(AccountTask { services, scope, account, .. }: AccountTask, error: Error) -> AccountReport {
    AccountReport::unplanned(&account, read::count(&services, &scope, &account).await, &error)
}

async fn gathered(services: &Services, reports: impl Stream<Item = AccountReport>) -> Report {
    let mut reports = std::pin::pin!(reports);
    let mut report = Report::default();
    while let Some(account) = reports.next().await {
        report.add(account);
    }
    report.waits = services.waits.past();
    report.accounts.sort_by(|one, other| one.account.cmp(&other.account));
    report
}
