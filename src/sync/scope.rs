//! Which part of the site is looked at: accounts, media, items.

use std::sync::Arc;

use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use regex::Regex;

use crate::error::Result;
use crate::record::{Id, Item, Medium};
use crate::remote::mongo::{Account, Owner, Unusable};

use super::guard::Guards;
use super::plan::Policy;
use super::{Services, Watch};

/// What is looked at.
pub struct Scope {
    /// Which media.
    pub media: Vec<Medium>,
    /// Which accounts.
    pub accounts: Accounts,
    /// Which items.
    pub items: Items,
    /// How many items of each account and medium are worked on at most.
    pub limit: Option<usize>,
    /// Which of them should have records.
    pub policy: Policy,
    /// How much may be deleted.
    pub guards: Guards,
    /// Whether Spaces is asked for recordings that records of old do not tell of.
    pub looks_for_recordings: bool,
    /// How many accounts are worked on at the same time.
    pub users_at_once: usize,
}

/// Which accounts.
pub enum Accounts {
    /// All of them.
    All,
    /// That of what was made without an account.
    Guest,
    /// Those whose handle matches.
    Matching(Regex),
    /// That of one owner.
    Of(Owner),
}

impl Accounts {
    fn includes(&self, account: &Account) -> bool {
        match self {
            Accounts::All => true,
            Accounts::Guest => account.owner == Owner::Guest,
            Accounts::Matching(pattern) => account.pds_handle.as_deref().is_some_and(|handle| pattern.is_match(handle)),
            Accounts::Of(owner) => account.owner == *owner,
        }
    }
}

/// Which items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Items {
    /// All of them.
    All,
    /// Those with that code.
    Code(String),
    /// One.
    Id(Id),
}

impl Items {
    /// Whether the item is one of them.
    #[must_use]
    pub fn includes(&self, item: &Item) -> bool {
        match self {
            Items::All => true,
            Items::Code(code) => item.code() == Some(code),
            Items::Id(id) => item.id == *id,
        }
    }

    /// Whether what may be an item is one of them.
    #[must_use]
    pub fn includes_unusable(&self, unusable: &Unusable) -> bool {
        match self {
            Items::All => true,
            Items::Code(code) => unusable.code.as_ref() == Some(code),
            Items::Id(id) => unusable.id == id.to_string(),
        }
    }
}

/// Does something for each account in scope, a few at once; what comes of it comes in no order. No account is begun once
/// the user wants to stop.
///
/// # Errors
/// What keeps the accounts from being listed.
pub async fn each<'a, F: Future + 'a>(
    services: &'a Services,
    scope: &'a Scope,
    watch: &'a Arc<dyn Watch>,
    work: impl Fn(Account) -> F + 'a,
) -> Result<impl Stream<Item = F::Output> + 'a> {
    let accounts = stream::iter(accounts(services, scope).await?);
    let accounts = accounts.take_while(|_| std::future::ready(!watch.is_cancelled()));
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
