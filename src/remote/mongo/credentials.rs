//! How to get into the accounts of new members, kept from before the accounts are made.
//!
//! A password that only the PDS knows is lost, and the account with it. So it is written to `atproto.pending` first, and
//! moved to where everybody looks for it when the account is there. A run that ends in between leaves what the next
//! one can log in with.

use mongodb::bson::{DateTime, Document, doc};
use mongodb::options::{ReturnDocument, WriteConcern};
use secrecy::{ExposeSecret, SecretString};

use super::accounts::Owner;
use super::client::{Mongo, failed, insist, repeat};
use super::text::plain;
use crate::error::{RemoteError, Result};

/// Somebody who may get an account.
#[derive(Debug, Clone)]
pub struct Member {
    /// Who it is.
    pub owner: Owner,
    /// The code that the site has given them: `ac25abcde`.
    pub code: Option<String>,
    /// Their repo, if they have an account.
    pub did: Option<String>,
    /// What a run that broke off has left.
    pub pending: Option<Pending>,
}

/// An account that may or may not be there.
#[derive(Debug, Clone)]
pub struct Pending {
    /// The handle it was to have.
    pub handle: String,
    /// Its password.
    pub password: SecretString,
}

impl Mongo {
    /// What is known of an owner, who need not be there yet.
    ///
    /// # Errors
    /// When the database cannot be read.
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
    /// When the database cannot be read.
    pub async fn member_named(&self, handle: &str) -> Result<Option<Member>> {
        let handles = self.database.collection::<Document>("@handles");
        let read = || async { handles.find_one(doc! { "handle": handle }).await };
        let found = repeat(&format!("look for the handle {handle}"), read).await?;
        match found.as_ref().and_then(|found| found.get("_id")) {
            Some(id) => Ok(Some(self.member(&Owner::User(plain(id))).await?)),
            None => Ok(None),
        }
    }

    /// Keeps how to get into an account that is about to be made, unless there is one. The password is `password` only
    /// if none was kept before: an account may have that one already.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn keep_pending(&self, owner: &Owner, handle: &str, password: &SecretString) -> Result<Member> {
        let literal = |text: &str| doc! { "$literal": text };
        let password = doc! { "$ifNull": ["$atproto.pending.password", literal(password.expose_secret())] };
        let pending = doc! { "pending": { "handle": literal(handle), "password": password } };
        let has_account = doc! { "$gt": [{ "$ifNull": ["$atproto.did", ""] }, ""] };
        // Merged only with what is a document: it may be null, or a text.
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

    /// Puts how to get into an account where everybody looks for it, unless another one is there by now.
    ///
    /// # Errors
    /// When another account is there, or the database cannot be written.
    pub async fn save_account(&self, owner: &Owner, did: &str, pending: &Pending, pds_url: &str) -> Result<()> {
        let password = pending.password.expose_secret();
        let is_open = doc! { "atproto.did": { "$in": [null, ""] }, "atproto.pending.password": password };
        // Saved by an attempt of which no answer came, or by another run.
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

/// The `_id` of their user.
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
