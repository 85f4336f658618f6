//! Credentials of new accounts, stored before the accounts are created.
//!
//! If only the PDS knows a password, the account is lost. So the password is written to `atproto.pending` first, and
//! moved to its final place once the account exists. If the run ends before that, the next run can still log in.

use mongodb::bson::{DateTime, Document, doc};
use mongodb::options::{ReturnDocument, WriteConcern};
use secrecy::{ExposeSecret, SecretString};

use super::accounts::Owner;
use super::client::{Mongo, failed, insist, repeat};
use super::text::plain;
use crate::error::{RemoteError, Result};

/// A user or guest who may get an account.
#[derive(Debug, Clone)]
pub struct Member {
    /// The owner.
    pub owner: Owner,
    /// The code that the site has given them: `ac25abcde`.
    pub code: Option<String>,
    /// Their repo, if they have an account.
    pub did: Option<String>,
    /// The data that an interrupted run has left.
    pub pending: Option<Pending>,
}

/// An account that may or may not exist.
#[derive(Debug, Clone)]
pub struct Pending {
    /// The intended handle.
    pub handle: String,
    /// Its password.
    pub password: SecretString,
}

impl Mongo {
    /// The data on an owner, who need not exist yet.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn member(&self, owner: &Owner) -> Result<Member> {
        let users = self.database.collection::<Document>("users");
        let id = id(owner)?;
        let read = || async { users.find_one(doc! { "_id": id }).projection(fields()).await };
        let found = repeat("look for the user", read).await?;
        Ok(member(owner, &found.unwrap_or_default()))
    }

    /// The member with that handle on the site.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn member_named(&self, handle: &str) -> Result<Option<Member>> {
        let handles = self.database.collection::<Document>("@handles");
        let read = || async { handles.find_one(doc! { "handle": handle }).await };
        let found = repeat(&format!("look for the handle {handle}"), read).await?;
        match found.as_ref().and_then(|found| found.get("_id")) {
            Some(id) => Ok(Some(self.member(&Owner::User(plain(id))).await?)),
            None => Ok(None),
        }
    }

    /// Stores the credentials of an account that is about to be created, unless the owner has one. An earlier pending
    /// password is kept instead of `password`, because an account may already have it.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn keep_pending(&self, owner: &Owner, handle: &str, password: &SecretString) -> Result<Member> {
        let literal = |text: &str| doc! { "$literal": text };
        let password = doc! { "$ifNull": ["$atproto.pending.password", literal(password.expose_secret())] };
        let pending = doc! { "pending": { "handle": literal(handle), "password": password } };
        let has_account = doc! { "$gt": [{ "$ifNull": ["$atproto.did", ""] }, ""] };
        // Merged only with a document: the field may be null or a string.
        let known = doc! { "$cond": [{ "$eq": [{ "$type": "$atproto" }, "object"] }, "$atproto", {}] };
        let merged = doc! { "$mergeObjects": [known, pending] };
        let update = [doc! { "$set": { "atproto": { "$cond": [has_account, "$atproto", merged] } } }];
        let users = self.database.collection::<Document>("users");
        let id = id(owner)?;
        let write = || async {
            let kept = users.find_one_and_update(doc! { "_id": id }, update.to_vec()).projection(fields());
            let kept = kept.upsert(true).return_document(ReturnDocument::After).write_concern(WriteConcern::majority());
            kept.await.map_err(failed("keep the password of the new account"))
        };
        Ok(member(owner, &insist(write).await?.unwrap_or_default()))
    }

    /// Moves the credentials of an account to their final place, unless the owner has another account by now.
    ///
    /// # Errors
    /// If the owner has another account, or the database cannot be written.
    pub async fn save_account(&self, owner: &Owner, did: &str, pending: &Pending, pds_url: &str) -> Result<()> {
        let password = pending.password.expose_secret();
        let is_open = doc! { "atproto.did": { "$in": [null, ""] }, "atproto.pending.password": password };
        // Saved by an attempt without a response, or by another run.
        let is_saved = doc! { "atproto.did": did, "atproto.password": password };
        let filter = doc! { "_id": id(owner)?, "$or": [is_open, is_saved] };
        let fields = doc! {
            "atproto.did": did,
            "atproto.handle": &pending.handle,
            "atproto.password": password,
            "atproto.created": DateTime::now(),
            "atproto.pdsHost": pds_url,
        };
        let update = doc! { "$set": fields, "$unset": { "atproto.pending": "" } };
        let users = self.database.collection::<Document>("users");
        let write = || async {
            let saved = users.update_one(filter.clone(), update.clone());
            saved.write_concern(WriteConcern::majority()).await.map_err(failed("save the new account"))
        };
        if insist(write).await?.matched_count == 0 {
            return Err(RemoteError::OtherAccount { owner: owner.to_string(), did: did.into() }.into());
        }
        Ok(())
    }
}

/// The `_id` of the owner in `users`.
fn id(owner: &Owner) -> Result<&str> {
    owner.subject().ok_or_else(|| RemoteError::NoMember { owner: owner.to_string() }.into())
}

fn fields() -> Document {
    doc! { "code": 1, "atproto.did": 1, "atproto.pending": 1 }
}

fn member(owner: &Owner, document: &Document) -> Member {
    let text = |document: &Document, field: &str| {
        document.get_str(field).ok().filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let atproto = document.get_document("atproto").cloned().unwrap_or_default();
    let pending = atproto.get_document("pending").ok().and_then(|pending| {
        let password = text(pending, "password")?.into();
        Some(Pending { handle: text(pending, "handle")?, password })
    });
    Member { owner: owner.clone(), code: text(document, "code"), did: text(&atproto, "did"), pending }
}
