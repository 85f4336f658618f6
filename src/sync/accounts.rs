//! The accounts in scope, a few at once.

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

/// One account to be worked on, and everything that is needed for that.
#[derive(Debug, Clone)]
pub struct AccountTask {
    /// What it talks to. Its waits end when the work is to be stopped.
    pub services: Services,
    /// What is looked at.
    pub scope: Arc<Scope>,
    /// How it is stopped, and what happens.
    pub control: Control,
    /// The account.
    pub account: Account,
}

/// Does something for each account in scope, each in a task of its own and a few at once; what comes of it comes in no
/// order. `failed` makes something of those that fail or panic. No account is begun once the user wants to stop.
///
/// # Errors
/// What keeps the accounts from being listed.
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

/// The accounts in scope, and those who made something and have none. Who has neither is no trouble to anybody.
async fn accounts(services: &Services, scope: &Scope) -> Result<Vec<Account>> {
    // One account needs no look at thousands.
    if let Accounts::Of(owner) = &scope.accounts {
        let account = services.mongo.account(owner).await?;
        return Ok(vec![account.unwrap_or_else(|| Account::unknown(owner))]);
    }
    let mut makers = services.mongo.owners_with_items(&scope.media).await?;
    // Read to the end before anything is done: the server forgets a cursor that waits for long.
    let mut accounts: Vec<Account> = services.mongo.accounts().try_collect().await?;
    accounts.retain(|account| makers.remove(&account.owner).is_some() || account.did.is_some());
    accounts.extend(makers.keys().map(Account::unknown));
    accounts.retain(|account| scope.accounts.includes(account));
    Ok(accounts)
}
