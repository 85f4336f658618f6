//! The ledger: where the records of items are, for when the items are gone and only their ids are told.

use mongodb::Collection;
use mongodb::bson::{Document, doc};
use mongodb::options::ReplaceOptions;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::record::{Id, Medium};
use crate::remote::mongo::{failed, insist};

use super::Store;

/// Where a record is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The repo.
    pub did: String,
    /// Its key in the medium's collection.
    pub rkey: String,
}

impl Store {
    /// Where the record of an item was last, if anybody knows.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn place(&self, medium: Medium, id: Id) -> Result<Option<Place>> {
        let read = || async {
            let found = self.ledger().find_one(doc! { "_id": key(medium, id) }).await;
            found.map_err(failed("read the ledger"))
        };
        let found = insist(read).await?;
        Ok(found.and_then(|found| mongodb::bson::deserialize_from_document(found).ok()))
    }

    /// Notes where the record of an item is.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn note_place(&self, medium: Medium, id: Id, place: &Place) -> Result<()> {
        let noted = doc! { "did": &place.did, "rkey": &place.rkey };
        let options = ReplaceOptions::builder().upsert(true).build();
        let write = || async {
            let ledger = self.ledger();
            let written = ledger.replace_one(doc! { "_id": key(medium, id) }, noted.clone());
            written.with_options(options.clone()).await.map_err(failed("write the ledger"))
        };
        insist(write).await.map(|_| ())
    }

    /// Forgets where the record of an item was.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn forget_place(&self, medium: Medium, id: Id) -> Result<()> {
        let delete = || async {
            let deleted = self.ledger().delete_one(doc! { "_id": key(medium, id) }).await;
            deleted.map_err(failed("write the ledger"))
        };
        insist(delete).await.map(|_| ())
    }

    fn ledger(&self) -> Collection<Document> {
        self.database.collection("ledger")
    }
}

fn key(medium: Medium, id: Id) -> String {
    format!("{}/{id}", medium.plural())
}
