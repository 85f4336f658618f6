//! The sync itself: all accounts in scope planned, and the plans carried out.

use futures_util::{Stream, StreamExt};
use tracing::{Instrument, Span};

use crate::error::Result;
use crate::video::Preset;

use super::accounts::each;
use super::events::{Control, Event};
use super::plan::AccountPlan;
use super::read;
use super::report::{AccountReport, Report};
use super::scope::Scope;
use super::services::Services;
use super::strategy::{self, Mirroring, Strategy};
use super::tasks::isolated;
use super::weight::weigh;
use super::write;

/// Plans all accounts in scope and changes nothing. What is planned is told as it is.
///
/// # Errors
/// What keeps the accounts from being listed; what is wrong with one of them is in its report.
pub async fn dry_run(services: &Services, scope: &Scope, control: &Control) -> Result<Report> {
    plan_each(services, scope, |_| {}, |_| {}, control).await
}

pub async fn plan_each(
    services: &Services,
    scope: &Scope,
    adjust: impl Fn(&mut AccountPlan) + Copy,
    seen: impl Fn(&AccountPlan) + Copy,
    control: &Control,
) -> Result<Report> {
    let reports = each(services, scope, control, |account| async move {
        let name = account.name();
        let planning = async {
            let plan = strategy::plan(services, scope, &account, |_| true, adjust).await?;
            seen(&plan);
            control.events.tell(Event::planned(&plan));
            Ok(AccountReport { weight: weigh(services, &plan).await?, ..AccountReport::planned(&plan) })
        };
        let planning = planning.instrument(span(&name));
        match isolated(planning).await {
            Ok(report) => report,
            Err(error) => AccountReport::unplanned(&account, read::count(services, scope, &account).await, &error),
        }
    })
    .await?;
    Ok(gathered(services, reports).await)
}

/// Plans all accounts in scope and carries the plans out; tapes are encoded as the preset says.
///
/// # Errors
/// What keeps the accounts from being listed; what is wrong with one of them is in its report.
pub async fn live(services: &Services, scope: &Scope, preset: &Preset, control: &Control) -> Result<Report> {
    apply_each(services, scope, &Mirroring(preset), control).await
}

pub async fn apply_each(
    services: &Services,
    scope: &Scope,
    strategy: &impl Strategy,
    control: &Control,
) -> Result<Report> {
    let reports = each(services, scope, control, |account| async move {
        let applying = async { Ok(write::apply(services, scope, strategy, &account, control).await) };
        let applying = isolated(applying.instrument(span(&account.name())));
        let report = match Box::pin(applying).await {
            Ok(report) => report,
            Err(error) => AccountReport::unplanned(&account, read::count(services, scope, &account).await, &error),
        };
        let (account, has_failures) = (report.account.clone(), report.has_failures());
        control.events.tell(Event::Finished { account, has_failures });
        report
    })
    .await?;
    Ok(gathered(services, reports).await)
}

/// What is told of the work on an account names it.
fn span(account: &str) -> Span {
    tracing::info_span!("account", name = account)
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
