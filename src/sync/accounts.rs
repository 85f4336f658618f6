//! Iterates over the accounts in scope, a few at a time.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use tracing::Instrument;

use crate::error::{Error, Result};
use crate::remote::mongo::Account;

use super::events::Control;
use super::scope::{Accounts, Scope};
use super::services::Services;
use super::tasks::in_task;

/// An account to process, and everything needed for it.
#[derive(Debug, Clone)]
pub struct AccountTask {
    /// The services. Their waits end when the work is stopped.
    pub services: Services,
    /// The scope.
    pub scope: Arc<Scope>,
    /// Cancellation and events.
    pub control: Control,
    /// The account.
    pub account: Account,
}

/// Runs `work` for each account in scope, each in its own task, a few at a time; the results come in no order. `failed`
/// converts failures and panics to results. No account is started once a stop was requested.
///
/// # Errors
/// If the accounts cannot be listed.
pub async fn each<T: Send + 'static>(
    services: &Services,
    scope: &Scope,
    control: &Control,
    work: impl Fn(AccountTask) -> BoxFuture<'static, Result<T>> + 'static,
    failed: fn(AccountTask, Error) -> BoxFuture<'static, T>,
) -> Result<impl Stream<Item = T>> {
    let services = services.stopped_by(&control.stop);
    let accounts = stream::iter(accounts(&services, scope).await?);
    let (scope, control, stop, at_once) =
        (Arc::new(scope.clone()), control.clone(), control.stop.clone(), scope.users_at_once);
    let accounts = accounts.take_while(move |_| std::future::ready(!stop.is_cancelled()));
    let tasks = accounts.map(move |account| {
        let span = tracing::info_span!("account", name = account.name());
        let task = AccountTask { services: services.clone(), scope: scope.clone(), control: control.clone(), account };
        (task.clone(), in_task(Box::pin(work(task).instrument(span))))
    });
    let results = tasks.map(move |(task, work)| async move {
        match work.await {
            Ok(done) => done,
            Err(error) => failed(task, error).await,
        }
    });
    Ok(results.buffer_unordered(at_once))
}

/// The accounts in scope, and owners who have items but no account.
async fn accounts(services: &Services, scope: &Scope) -> Result<Vec<Account>> {
    // For one account, thousands of others need not be read.
    if let Accounts::Of(owner) = &scope.accounts {
        let account = services.mongo.account(owner).await?;
        return Ok(vec![account.unwrap_or_else(|| Account::unknown(owner))]);
    }
    let makers = services.mongo.owners_with_items(&scope.media).await?;
    // Read to the end first: the server drops a cursor that waits for long.
    let mut accounts: Vec<Account> = services.mongo.accounts().try_collect().await?;
    let known: HashSet<_> = accounts.iter().map(|account| account.owner.clone()).collect();
    accounts.extend(makers.keys().filter(|owner| !known.contains(owner)).map(Account::unknown));
    accounts.retain(|account| makers.contains_key(&account.owner) || account.did.is_some());
    accounts.retain(|account| scope.accounts.includes(account));
    // The longest first: the server makes an account with thousands of items wait for hours, in which others are done.
    accounts.sort_by_cached_key(|account| {
        Reverse(makers.get(&account.owner).map_or(0, |items| items.values().sum::<u64>()))
    });
    Ok(accounts)
}
