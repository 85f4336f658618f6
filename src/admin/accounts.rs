//! All accounts: the items in them, and whether Telecine can log in.

use std::collections::BTreeMap;

use futures_util::{Stream, StreamExt, stream};
use url::Url;

use crate::error::{Error, RemoteError, Result};
use crate::record::Medium;
use crate::remote::mongo::{Account, Mongo};
use crate::remote::pds::{Pds, RepoStatus, Server, Sessions};
use crate::sync::session;

/// An account and the number of its items.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The account; for a user without one, the known parts.
    pub account: Account,
    /// The number of items of each medium.
    pub items: BTreeMap<Medium, u64>,
}

impl Listed {
    /// Why the account cannot be written to, according to MongoDB.
    #[must_use]
    pub fn blocked(&self) -> Option<Blocked> {
        match self.account.blocked() {
            Some(_) if self.account.did.is_none() && self.items.is_empty() => Some(Blocked::Idle),
            Some(reason) => Some(Blocked::Lacking(reason)),
            None => None,
        }
    }
}

/// Why an account cannot be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocked {
    /// There is no account, and no items to write.
    Idle,
    /// MongoDB lacks a value: `no password for the account on the PDS`.
    Lacking(&'static str),
    /// The PDS does not know the repo.
    RepoMissing,
    /// The repo is not active on the PDS: `deactivated`, `takendown`.
    Inactive(String),
    /// The PDS rejects the password.
    WrongPassword,
    /// The account's identity names another server.
    Elsewhere(String),
    /// The check failed.
    Unknown(String),
}

impl Blocked {
    /// Whether an operator has to act.
    #[must_use]
    pub fn is_trouble(&self) -> bool {
        *self != Blocked::Idle
    }
}

impl std::fmt::Display for Blocked {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Blocked::Idle => formatter.write_str("no items"),
            Blocked::Lacking(what) => formatter.write_str(what),
            Blocked::RepoMissing => formatter.write_str("no such repo on the PDS"),
            Blocked::Inactive(status) => write!(formatter, "{status} on the PDS"),
            Blocked::WrongPassword => formatter.write_str("wrong password for the account on the PDS"),
            Blocked::Elsewhere(server) => write!(formatter, "identity names another server: {server}"),
            Blocked::Unknown(why) => write!(formatter, "not checked: {why}"),
        }
    }
}

/// All users who have an account, on the site or on the PDS, or have items; one by one, in no order. Only the counts of
/// items are kept in memory.
///
/// # Errors
/// If the items cannot be counted.
pub async fn list(mongo: &Mongo) -> Result<impl Stream<Item = Result<Listed>> + Send + use<>> {
    let mut makers = mongo.owners_with_items(&Medium::ALL).await?;
    let mut accounts = Box::pin(mongo.accounts().fuse());
    Ok(stream::poll_fn(move |context| match accounts.poll_next_unpin(context) {
        std::task::Poll::Ready(Some(account)) => std::task::Poll::Ready(Some(account.map(|account| {
            let items = makers.remove(&account.owner).unwrap_or_default();
            Listed { account, items }
        }))),
        // The remaining owners have items, but are not users.
        std::task::Poll::Ready(None) => {
            let owner = makers.keys().min().cloned();
            std::task::Poll::Ready(owner.map(|owner| {
                let items = makers.remove(&owner).unwrap_or_default();
                Ok(Listed { account: Account::unknown(&owner), items })
            }))
        }
        std::task::Poll::Pending => std::task::Poll::Pending,
    }))
}

/// Tries to log in to an account. Returns the reason if that fails.
pub async fn check(pds: &Pds, server: &Server, listed: &Listed) -> Option<Blocked> {
    if let Some(blocked) = listed.blocked() {
        return Some(blocked);
    }
    let did = listed.account.did.as_ref()?;
    let unknown = |error: Error| Some(Blocked::Unknown(error.chain().join(": ")));
    // First, because it needs no login: logins are limited, and a failed one does not tell why.
    match pds.repo_status(did).await {
        Ok(RepoStatus::Active) => {}
        Ok(RepoStatus::Missing) => return Some(Blocked::RepoMissing),
        Ok(RepoStatus::Inactive(status)) => return Some(Blocked::Inactive(status.unwrap_or("inactive".into()))),
        Err(error) => return unknown(error),
    }
    let session = match session(&Sessions::new(pds), &listed.account).await {
        Ok(session) => session,
        Err(Error::Remote(RemoteError::Refused { status: 401, .. })) => return Some(Blocked::WrongPassword),
        Err(error) => return unknown(error),
    };
    let elsewhere = session.service().filter(|address| !is_same_server(address, pds, server));
    elsewhere.map(|address| Blocked::Elsewhere(address.to_owned()))
}

/// Whether an identity's server is the one we talk to. Its address may differ for us, but not its identity.
fn is_same_server(address: &str, pds: &Pds, server: &Server) -> bool {
    let host = |address: &str| Url::parse(address).ok()?.host_str().map(str::to_owned);
    let Some(named) = host(address) else { return false };
    host(pds.url()).is_some_and(|ours| ours == named) || server.did == format!("did:web:{named}")
}
