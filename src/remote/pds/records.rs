//! Single records.

use std::collections::BTreeMap;

use atrium_api::com::atproto::repo::{delete_record, get_record, put_record};
use cid::Cid;
use ipld_core::ipld::Ipld;
use serde::Deserialize;
use serde_json::Value;

use super::client::Pds;
use super::exchange::Call;
use super::session::Session;
use super::syntax::{parse, unknown};
use super::writes::{POINTS_OF_DELETE, POINTS_OF_UPDATE, Written};
use crate::error::{Error, RemoteError, Result};
use crate::record::{Medium, Record, Schema};

/// An existing record in a repo.
#[derive(Debug, Clone, PartialEq)]
pub struct Existing {
    /// Its collection.
    pub collection: String,
    /// Its key.
    pub rkey: String,
    /// The hash of its content.
    pub cid: Cid,
    /// Its content.
    pub value: Value,
}

impl Existing {
    /// Its medium, if it is one of the five.
    #[must_use]
    pub fn medium(&self) -> Option<Medium> {
        Medium::of_collection(&self.collection)
    }
}

/// The required state of a record for a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swap {
    /// Anything.
    Any,
    /// Does not exist.
    Missing,
    /// Exactly this one.
    Is(Cid),
}

/// A record as listed by the server. Not atrium's type, which rejects records that violate current rules.
#[derive(Debug, Deserialize)]
pub(super) struct Listed {
    uri: String,
    cid: Option<String>,
    value: Value,
}

/// A page of records, and the cursor of the next.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    pub cursor: Option<String>,
    pub records: Vec<Listed>,
}

impl Listed {
    pub fn existing(self, call: &'static str) -> Result<Existing> {
        let wrong =
            |what: &str| Error::Remote(RemoteError::Answer { call, source: format!("{} {what}", self.uri).into() });
        let mut path = self.uri.rsplit('/');
        let (Some(rkey), Some(collection)) = (path.next(), path.next()) else {
            return Err(wrong("is not the address of a record"));
        };
        let cid = self.cid.as_deref().and_then(|cid| cid.parse().ok()).ok_or_else(|| wrong("has no hash"))?;
        Ok(Existing { collection: collection.into(), rkey: rkey.into(), cid, value: self.value })
    }
}

impl Pds {
    /// Reads a record, if it exists.
    ///
    /// # Errors
    /// If the server does not respond.
    pub async fn get_record(&self, did: &str, collection: &str, rkey: &str) -> Result<Option<Existing>> {
        let parameters = get_record::ParametersData {
            cid: None,
            collection: parse(collection, "collection")?,
            repo: parse(did, "did")?,
            rkey: parse(rkey, "rkey")?,
        };
        match self.query::<_, Listed>(Call::read(get_record::NSID), Some(parameters)).await {
            Ok(listed) => Ok(Some(listed.existing(get_record::NSID)?)),
            Err(Error::Remote(RemoteError::Refused { name, .. })) if name == "RecordNotFound" => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates or updates one record. Writing an identical record changes nothing.
    ///
    /// # Errors
    /// If the record is not in the state `swap`, the server refuses, or the outcome is uncertain.
    pub async fn put_record(&self, session: &Session, rkey: &str, record: &Record, swap: Swap) -> Result<Written> {
        // The server does not know these lexicons, and the record has passed its own.
        let validate = Some(false);
        self.put(session, record.medium().collection(), rkey, record.value(), validate, swap).await
    }

    /// Deletes a record if it is exactly this one; a missing one counts as deleted.
    ///
    /// # Errors
    /// [`RemoteError::InvalidSwap`] if it is another one, [`RemoteError::Uncertain`] if the outcome is uncertain; if
    /// the server refuses or cannot be reached.
    pub async fn delete_record(&self, session: &Session, medium: Medium, rkey: &str, is: Cid) -> Result<()> {
        let data = delete_record::InputData {
            collection: parse(medium.collection(), "collection")?,
            repo: parse(session.did(), "did")?,
            rkey: parse(rkey, "rkey")?,
            swap_commit: None,
            swap_record: Some(atrium_api::types::string::Cid::new(is)),
        };
        let call = Call::write(delete_record::NSID, POINTS_OF_DELETE, session.did());
        let _: delete_record::OutputData = session.procedure(self, call, &data).await?;
        Ok(())
    }

    /// Publishes a lexicon in the account's repo.
    ///
    /// # Errors
    /// If the published one is not in the state `swap`, the server refuses, or the outcome is uncertain.
    pub async fn put_schema(&self, session: &Session, schema: &Schema, swap: Swap) -> Result<Written> {
        // The server validates it too, if it knows the lexicon of lexicons.
        self.put(session, Schema::COLLECTION, schema.nsid(), schema.value(), None, swap).await
    }

    async fn put(
        &self,
        session: &Session,
        collection: &str,
        rkey: &str,
        value: &Value,
        validate: Option<bool>,
        swap: Swap,
    ) -> Result<Written> {
        let data = put_record::InputData {
            collection: parse(collection, "collection")?,
            record: unknown(value)?,
            repo: parse(session.did(), "did")?,
            rkey: parse(rkey, "rkey")?,
            swap_commit: None,
            swap_record: match swap {
                Swap::Is(cid) => Some(atrium_api::types::string::Cid::new(cid)),
                Swap::Any | Swap::Missing => None,
            },
            validate,
        };
        let mut input = put_record::Input::from(data);
        if swap == Swap::Missing {
            // Null differs from absent here, which atrium's field cannot express.
            input.extra_data = Ipld::Map(BTreeMap::from([("swapRecord".into(), Ipld::Null)]));
        }
        // The server counts an update, even for a creation.
        let call = Call::write(put_record::NSID, POINTS_OF_UPDATE, session.did());
        let output: put_record::OutputData = session.procedure(self, call, &input).await?;
        Ok(Written { uri: output.uri, cid: *output.cid.as_ref() })
    }
}
