//! Owners of items, and the credentials of their accounts.

use std::fmt;

use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use mongodb::bson::{Bson, Document, doc};
use secrecy::SecretString;

use super::client::{Mongo, failed, repeat};
use super::text::plain;
use super::unnamed::{Unnamed, named};
use crate::error::Result;

/// The `_id` in `users` of the account for anonymous items.
pub(super) const GUEST: &str = "art-guest";

/// The number of accounts per batch. By default, the server sends 16 MiB, which is all of them.
const BATCH: u32 = 1_000;

/// The owner of an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// A guest who was not logged in: the item has no `user`.
    Guest,
    /// The user with this subject of the login service: `auth0|…`.
    User(String),
    /// Unknown: the item has a `user` value that names no user.
    Nobody(Unnamed),
}

impl Owner {
    /// The owner that a document's `user` names.
    pub(super) fn of(user: Option<&Bson>) -> Owner {
        match user {
            None => Owner::Guest,
            Some(Bson::String(subject)) if !subject.is_empty() => Owner::User(subject.clone()),
            Some(other) => Owner::Nobody(Unnamed::of(other)),
        }
    }

    /// The query for the owner's items.
    pub(super) fn filter(&self) -> Document {
        match self {
            // Not null: an item whose user is null is broken, not anonymous.
            Owner::Guest => doc! { "user": { "$exists": false } },
            Owner::User(subject) => named(subject),
            Owner::Nobody(unnamed) => unnamed.filter(),
        }
    }

    /// The owner's `_id` in `users`, if the owner can be there.
    pub(super) fn subject(&self) -> Option<&str> {
        match self {
            Owner::Guest => Some(GUEST),
            Owner::User(subject) => Some(subject),
            Owner::Nobody(_) => None,
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Owner::Guest => formatter.write_str("guests"),
            Owner::User(subject) => formatter.write_str(subject),
            Owner::Nobody(_) => formatter.write_str("nobody"),
        }
    }
}

/// An owner, and their account on the PDS if they have one.
#[derive(Debug, Clone)]
pub struct Account {
    /// The owner.
    pub owner: Owner,
    /// The name for people: the handle on aesthetic.computer, otherwise that of the account.
    pub handle: Option<String>,
    /// The handle of their account: `name.at.aesthetic.computer`.
    pub pds_handle: Option<String>,
    /// Their repo.
    pub did: Option<String>,
    /// The password of the repo.
    pub password: Option<SecretString>,
    /// Whether the owner has requested the deletion of everything.
    pub is_leaving: bool,
}

impl Account {
    /// Why the account cannot be written to; `None` if it can.
    #[must_use]
    pub fn blocked(&self) -> Option<&'static str> {
        match (&self.owner, &self.did, &self.password) {
            (Owner::Nobody(unnamed), ..) => Some(unnamed.reason()),
            _ if self.is_leaving => Some("deletion of the account is scheduled"),
            (_, None, _) => Some("no account on the PDS"),
            (_, _, None) => Some("no password for the account on the PDS"),
            _ => None,
        }
    }

    /// The account of an owner of whom only items are known.
    #[must_use]
    pub fn unknown(owner: &Owner) -> Account {
        Account { owner: owner.clone(), handle: None, pds_handle: None, did: None, password: None, is_leaving: false }
    }

    /// Its name: the handle on the PDS, otherwise that on the site, otherwise the owner.
    #[must_use]
    pub fn name(&self) -> String {
        self.pds_handle.clone().or_else(|| self.handle.clone()).unwrap_or_else(|| self.owner.to_string())
    }

    fn from_document(document: &Document) -> Account {
        let text = |document: &Document, field: &str| {
            document.get_str(field).ok().filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let atproto = document.get_document("atproto").cloned().unwrap_or_default();
        let pds_handle = text(&atproto, "handle");
        let owner = match document.get("_id").map(plain) {
            Some(id) if id == GUEST => Owner::Guest,
            id => Owner::User(id.unwrap_or_default()),
        };
        Account {
            owner,
            handle: text(document, "handle").or_else(|| pds_handle.clone()),
            pds_handle,
            did: text(&atproto, "did"),
            password: text(&atproto, "password").map(SecretString::from),
            is_leaving: document.get_array("deletions").is_ok_and(|deletions| !deletions.is_empty()),
        }
    }
}

impl Mongo {
    /// All accounts that ever existed, one by one, in no order.
    pub fn accounts(&self) -> impl Stream<Item = Result<Account>> + Send + use<> {
        self.accounts_matching(doc! {})
    }

    /// The account of one owner.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub async fn account(&self, owner: &Owner) -> Result<Option<Account>> {
        let Some(id) = owner.subject() else { return Ok(None) };
        let found = std::pin::pin!(self.accounts_matching(doc! { "_id": id })).try_next().await?;
        // An item that names the guest account as its user is not anonymous.
        Ok(found.filter(|account| account.owner == *owner))
    }

    /// The account with this repo.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub async fn account_of_repo(&self, did: &str) -> Result<Option<Account>> {
        std::pin::pin!(self.accounts_matching(doc! { "atproto.did": did })).try_next().await
    }

    /// The account with this handle, on the PDS or on the site, with or without `@`.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub async fn account_named(&self, handle: &str) -> Result<Option<Account>> {
        let users = self.accounts_matching(doc! { "atproto.handle": handle });
        if let Some(account) = std::pin::pin!(users).try_next().await? {
            return Ok(Some(account));
        }
        let filter = doc! { "handle": handle.strip_prefix('@').unwrap_or(handle) };
        let handles = self.database.collection::<Document>("@handles");
        let read = || async { handles.find_one(filter.clone()).await };
        let found = repeat(&format!("look for the handle {handle}"), read).await?;
        match found.as_ref().and_then(|found| found.get("_id")) {
            Some(id) => self.account(&Owner::User(plain(id))).await,
            None => Ok(None),
        }
    }

    fn accounts_matching(&self, filter: Document) -> impl Stream<Item = Result<Account>> + Send + use<> {
        let users = self.database.collection::<Document>("users");
        let pipeline = [
            doc! { "$match": filter },
            // Items name their owners as strings, so only users with a string id can own any.
            doc! { "$match": { "_id": { "$gt": "" } } },
            doc! { "$lookup": { "from": "@handles", "localField": "_id", "foreignField": "_id", "as": "handles" } },
            doc! { "$lookup": {
                "from": "account-deletions", "localField": "_id", "foreignField": "_id", "as": "deletions",
                "pipeline": [
                    doc! { "$match": { "state": { "$nin": ["cancelled", "canceled"] } } },
                    doc! { "$project": { "_id": 1 } },
                ],
            } },
            doc! { "$project": {
                "handle": { "$first": "$handles.handle" },
                "deletions": 1,
                "atproto.did": 1,
                "atproto.handle": 1,
                "atproto.password": 1,
            } },
        ];
        let found = stream::once(async move { users.aggregate(pipeline).batch_size(BATCH).await }).try_flatten();
        found.map(|document| {
            document.as_ref().map(Account::from_document).map_err(|error| failed("read the accounts")(error.clone()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_never_shows_its_password() {
        let document = doc! { "_id": "auth0|1", "atproto": { "did": "did:plc:x", "password": "hunter2" } };
        let account = Account::from_document(&document);
        assert!(account.blocked().is_none());
        assert!(!format!("{account:?}").contains("hunter2"));
    }

    #[test]
    fn who_cannot_be_written_for_is_told_why() {
        let blocked = |document| Account::from_document(&document).blocked();
        let leaving = doc! { "_id": "auth0|1", "atproto": { "did": "did:plc:x", "password": "y" }, "deletions": [{}] };
        assert_eq!(blocked(leaving), Some("deletion of the account is scheduled"));
        assert_eq!(blocked(doc! { "_id": "auth0|1" }), Some("no account on the PDS"));
        assert_eq!(blocked(doc! { "_id": "auth0|1", "atproto": null }), Some("no account on the PDS"));
        let without = doc! { "_id": "art-guest", "atproto": { "did": "did:plc:x" } };
        assert_eq!(Account::from_document(&without).owner, Owner::Guest);
        assert_eq!(blocked(without), Some("no password for the account on the PDS"));
    }
}
