//! Strategies: the purposes for which the same engine processes accounts. They differ in plans, and in how files are
//! made.

use futures_util::future::BoxFuture;

use crate::error::Result;
use crate::record::Id;
use crate::remote::mongo::Account;
use crate::video::Preset;

use super::events::Control;
use super::make::{LocalFiles, make};
use super::plan::{AccountPlan, Step};
use super::read::read;
use super::scope::Scope;
use super::services::Services;

/// A purpose for processing accounts.
pub trait Strategy: Send + Sync {
    /// Adjusts the plan that would bring the account up to date.
    fn adjust<'a>(&'a self, plan: &'a mut AccountPlan) -> BoxFuture<'a, Result<()>>;

    /// Finds or makes the files that a step lacks.
    fn make<'a>(
        &'a self,
        services: &'a Services,
        account: &'a Account,
        step: &'a Step,
        control: &'a Control,
    ) -> BoxFuture<'a, Result<LocalFiles>>;
}

/// Brings the PDS up to date: the complete plan, with tapes encoded with the preset.
pub struct Mirroring(pub Preset);

impl Strategy for Mirroring {
    fn adjust<'a>(&'a self, _plan: &'a mut AccountPlan) -> BoxFuture<'a, Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn make<'a>(
        &'a self,
        services: &'a Services,
        account: &'a Account,
        step: &'a Step,
        control: &'a Control,
    ) -> BoxFuture<'a, Result<LocalFiles>> {
        Box::pin(make(services, &self.0, &account.owner, &step.item, step.missing_files(), control))
    }
}

/// Reads both sides of an account and makes a plan, adjusted by the strategy and within the scope's limit. Items that
/// are not `wanted` are left alone.
///
/// # Errors
/// Errors of the servers.
pub async fn plan(
    services: &Services,
    scope: &Scope,
    account: &Account,
    wanted: &(dyn Fn(Id) -> bool + Sync),
    strategy: Option<&dyn Strategy>,
) -> Result<AccountPlan> {
    let mut plan = read(services, scope, account, wanted).await?;
    if let Some(strategy) = strategy {
        strategy.adjust(&mut plan).await?;
    }
    if let Some(limit) = scope.limit {
        plan.media.iter_mut().for_each(|(_, steps)| steps.limit(limit));
    }
    Ok(plan)
}
