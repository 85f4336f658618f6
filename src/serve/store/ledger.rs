//! The ledger: where the records of items are, because deletions of items only tell their ids; and withdrawn records,
//! for a while.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::TryStreamExt;
use mongodb::Collection;
use mongodb::bson::{Document, doc};
use mongodb::options::ReplaceOptions;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::Result;
use crate::record::{Id, Medium};
use crate::remote::mongo::{failed, insist, matched_by};

use super::Store;
use super::expressions::{before, choose, expiry, literal, now};

/// The number of places in one write.
const BATCH: usize = 1_000;

/// How long a withdrawn record is kept.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// The time within which withdrawals are counted.
const LATELY: Duration = Duration::from_hours(24);

/// Where a record is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The repo.
    pub did: String,
    /// Its key in the medium's collection.
    pub rkey: String,
    /// The digest of the item from which the record was written; `None` if the record must be checked.
    #[serde(default)]
    pub digest: Option<String>,
}

/// The number of records of a repo and medium in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Present records.
    pub there: u64,
    /// Records withdrawn within a day.
    pub withdrawn_lately: u64,
}

impl Store {
    /// The last known place of an item's record.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn place(&self, medium: Medium, id: Id) -> Result<Option<Place>> {
        let there = doc! { "_id": key(medium, id), "withdrawn": { "$exists": false } };
        let read = || async { self.ledger().find_one(there.clone()).await.map_err(failed("read the ledger")) };
        let found = insist(read).await?;
        Ok(found.and_then(|found| mongodb::bson::deserialize_from_document(found).ok()))
    }

    /// Stores where the record of an item is.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn note_place(&self, medium: Medium, id: Id, place: &Place) -> Result<()> {
        let options = ReplaceOptions::builder().upsert(true).build();
        let noted = entry(medium, place);
        let write = || async {
            let ledger = self.ledger();
            let written = ledger.replace_one(doc! { "_id": key(medium, id) }, noted.clone());
            written.with_options(options.clone()).await.map_err(failed("write the ledger"))
        };
        insist(write).await.map(|_| ())
    }

    /// Stores where the records of many items are.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn note_places(&self, places: &[(Medium, Id, Place)]) -> Result<()> {
        for batch in places.chunks(BATCH) {
            let replace = |(medium, id, place): &(Medium, Id, Place)| {
                // A record that was withdrawn since the item was read stays as saved.
                let is_withdrawn = doc! { "$ne": [{ "$type": "$withdrawn" }, "missing"] };
                let noted = doc! { "$mergeObjects": [{ "_id": "$_id" }, { "$literal": entry(*medium, place) }] };
                let update = vec![doc! { "$replaceWith": choose(is_withdrawn, "$$ROOT", noted) }];
                doc! { "q": { "_id": key(*medium, *id) }, "u": update, "upsert": true }
            };
            let updates: Vec<_> = batch.iter().map(replace).collect();
            let concern = doc! { "w": "majority", "wtimeout": 30_000 };
            let command = doc! { "update": LEDGER, "updates": updates, "ordered": false, "writeConcern": concern };
            let write = || async {
                let written = self.database.run_command(command.clone()).await;
                matched_by(&written.map_err(failed("write the ledger"))?, "write the ledger")
            };
            insist(write).await?;
        }
        Ok(())
    }

    /// Of these items, those whose records are in another repo.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn placed_elsewhere(&self, did: &str, items: &[(Medium, Id)]) -> Result<HashSet<Id>> {
        let mut elsewhere = HashSet::new();
        for batch in items.chunks(BATCH) {
            let keys: Vec<_> = batch.iter().map(|(medium, id)| key(*medium, *id)).collect();
            let filter = doc! { "_id": { "$in": keys }, "did": { "$ne": did } };
            let read = || async {
                let found = self.ledger().find(filter.clone()).projection(doc! { "_id": 1 }).await;
                found.map_err(failed("read the ledger"))?.try_collect().await.map_err(failed("read the ledger"))
            };
            let found: Vec<Document> = insist(read).await?;
            let id = |entry: &Document| -> Option<Id> { entry.get_str("_id").ok()?.rsplit_once('/')?.1.parse().ok() };
            elsewhere.extend(found.iter().filter_map(id));
        }
        Ok(elsewhere)
    }

    /// The number of records of a repo and medium, and of those withdrawn within a day.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn known(&self, did: &str, medium: Medium) -> Result<Known> {
        let of = |more: Document| {
            let mut filter = doc! { "did": did, "medium": medium.plural() };
            filter.extend(more);
            async move {
                let count =
                    || async { self.ledger().count_documents(filter.clone()).await.map_err(failed("read the ledger")) };
                insist(count).await
            }
        };
        Ok(Known {
            there: of(doc! { "withdrawn": { "$exists": false } }).await?,
            // Records that were already gone have nothing saved.
            withdrawn_lately: of(doc! {
                "record": { "$exists": true }, "withdrawn": { "$exists": true },
                "$expr": { "$gte": ["$withdrawn", before(LATELY)] },
            })
            .await?,
        })
    }

    /// Saves a record that is about to be withdrawn.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn save_record(&self, medium: Medium, id: Id, record: &Value) -> Result<()> {
        self.set(medium, id, doc! { "record": literal(&record.to_string()) }).await
    }

    /// Stores that a record is gone. Its saved copy is kept for a month.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn note_withdrawal(&self, medium: Medium, id: Id) -> Result<()> {
        self.set(medium, id, doc! { "withdrawn": now(), "expires": expiry(KEPT) }).await
    }

    /// Makes the next job check the record of an item, even if the item is unchanged.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn doubt_place(&self, medium: Medium, id: Id) -> Result<()> {
        self.set(medium, id, doc! { "digest": "$$REMOVE" }).await
    }

    async fn set(&self, medium: Medium, id: Id, fields: Document) -> Result<()> {
        let update = vec![doc! { "$set": fields }];
        let write = || async {
            let set = self.ledger().update_one(doc! { "_id": key(medium, id) }, update.clone()).await;
            set.map_err(failed("write the ledger"))
        };
        insist(write).await.map(|_| ())
    }

    pub(super) fn ledger(&self) -> Collection<Document> {
        self.database.collection(LEDGER)
    }
}

const LEDGER: &str = "ledger";

fn key(medium: Medium, id: Id) -> String {
    format!("{}/{id}", medium.plural())
}

fn entry(medium: Medium, place: &Place) -> Document {
    doc! { "did": &place.did, "medium": medium.plural(), "rkey": &place.rkey, "digest": &place.digest }
}
