//! All accounts: what was made in them, and whether one can get into them.

use std::collections::BTreeMap;

use futures_util::{Stream, StreamExt, stream};
use url::Url;

use crate::error::{Error, RemoteError, Result};
use crate::record::Medium;
use crate::remote::mongo::{Account, Mongo};
use crate::remote::pds::{Pds, RepoStatus, Server, Sessions};
use crate::sync::session;

/// An account, and how much was made in it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The account; of somebody who has none, what else is known.
    pub account: Account,
    /// How many items of each medium there are.
    pub items: BTreeMap<Medium, u64>,
}

impl Listed {
    /// Why nothing can be written to it, by what MongoDB has.
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
    /// There is none, and nothing to write either.
    Idle,
    /// MongoDB lacks something: `no password for the account on the PDS`.
    Lacking(&'static str),
    /// The PDS does not know the repo.
    RepoMissing,
    /// The PDS holds the repo back: `deactivated`, `takendown`.
    Inactive(String),
    /// The PDS takes another password.
    WrongPassword,
    /// The account's identity names another server.
    Elsewhere(String),
    /// It could not be found out.
    Unknown(String),
}

impl Blocked {
    /// Whether somebody has to do something about it.
    #[must_use]
    pub fn is_trouble(&self) -> bool {
        *self != Blocked::Idle
    }
}

impl std::fmt::Display for Blocked {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Blocked::Idle => formatter.write_str("made nothing"),
            Blocked::Lacking(what) => formatter.write_str(what),
            Blocked::RepoMissing => formatter.write_str("no such repo on the PDS"),
            Blocked::Inactive(status) => write!(formatter, "{status} on the PDS"),
            Blocked::WrongPassword => formatter.write_str("wrong password for the account on the PDS"),
            Blocked::Elsewhere(server) => write!(formatter, "identity names another server: {server}"),
            Blocked::Unknown(why) => write!(formatter, "not checked: {why}"),
        }
    }
}

/// Everybody who has an account, on the site or on the PDS, or has made something; one by one, in no order. Only how much
/// each has made is kept in memory.
///
/// # Errors
/// When the items cannot be counted.
pub async fn list(mongo: &Mongo) -> Result<impl Stream<Item = Result<Listed>> + Send + use<>> {
    let mut makers = mongo.owners_with_items(&Medium::ALL).await?;
    let mut accounts = Box::pin(mongo.accounts().fuse());
    Ok(stream::poll_fn(move |context| match accounts.poll_next_unpin(context) {
        std::task::Poll::Ready(Some(account)) => std::task::Poll::Ready(Some(account.map(|account| {
            let items = makers.remove(&account.owner).unwrap_or_default();
            Listed { account, items }
        }))),
        // Who is left has made something and is no user.
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

/// Tries to get into an account. Says what keeps one from it.
pub async fn check(pds: &Pds, server: &Server, listed: &Listed) -> Option<Blocked> {
    if let Some(blocked) = listed.blocked() {
        return Some(blocked);
    }
    let did = listed.account.did.as_ref()?;
    let unknown = |error: Error| Some(Blocked::Unknown(error.chain().join(": ")));
    // First, for anybody may ask that: logins are few, and to fail at one does not tell why.
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

/// Whether an identity's server is the one we talk to. It may have another address for us, but has one identity.
fn is_same_server(address: &str, pds: &Pds, server: &Server) -> bool {
    let host = |address: &str| Url::parse(address).ok()?.host_str().map(str::to_owned);
    let Some(named) = host(address) else { return false };
    host(pds.url()).is_some_and(|ours| ours == named) || server.did == format!("did:web:{named}")
}
