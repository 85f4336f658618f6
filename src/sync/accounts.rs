//! The accounts in scope, a few at once.

use futures_util::{Stream, StreamExt, TryStreamExt, stream};

use crate::error::Result;
use crate::remote::mongo::Account;

use super::events::Control;
use super::scope::{Accounts, Scope};
use super::services::Services;

/// Does something for each account in scope, a few at once; what comes of it comes in no order. No account is begun once
/// the user wants to stop.
///
/// # Errors
/// What keeps the accounts from being listed.
pub async fn each<'a, F: Future + 'a>(
    services: &'a Services,
    scope: &'a Scope,
    control: &'a Control,
    work: impl Fn(Account) -> F + 'a,
) -> Result<impl Stream<Item = F::Output> + 'a> {
    let accounts = stream::iter(accounts(services, scope).await?);
    let accounts = accounts.take_while(|_| std::future::ready(!control.stop.is_cancelled()));
    Ok(accounts.map(work).buffer_unordered(scope.users_at_once))
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
