//! Checks that items are really gone, before their records are deleted.

use std::collections::HashSet;

use futures_util::TryStreamExt;
use mongodb::bson::{Document, doc, oid::ObjectId};
use mongodb::options::ReadConcern;

use super::client::{Mongo, failed, repeat};
use super::document;
use crate::error::Result;
use crate::record::{Id, Medium};

/// The number of ids per query.
const BATCH: usize = 1_000;

/// The database's answer about items that were not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// Whether the server is authoritative: a primary, or a router to primaries.
    pub is_primary: bool,
    /// Whether the collection is completely empty.
    pub is_empty: bool,
    /// The items that exist, of any owner.
    pub present: HashSet<Id>,
}

impl Mongo {
    /// Looks up items by id alone, with a majority read.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub async fn absence(&self, medium: Medium, ids: &[Id]) -> Result<Absence> {
        let hello =
            self.database.run_command(doc! { "hello": 1 }).await.map_err(failed("say whether it is primary"))?;
        let items = self.items_of(medium);
        let doing = format!("look for {}", medium.plural());
        let id_alone = || doc! { "_id": 1 };
        let any =
            || async { items.find_one(doc! {}).projection(id_alone()).read_concern(ReadConcern::majority()).await };
        let is_empty = repeat(&doing, any).await?.is_none();
        let mut present = HashSet::new();
        for batch in ids.chunks(BATCH) {
            let batch: Vec<_> = batch.iter().map(|id| ObjectId::from_bytes(id.0)).collect();
            let find = || async {
                let filter = doc! { "_id": { "$in": &batch } };
                let found = items.find(filter).projection(id_alone()).read_concern(ReadConcern::majority()).await?;
                found.try_collect::<Vec<Document>>().await
            };
            present.extend(repeat(&doing, find).await?.iter().filter_map(document::id));
        }
        let is_primary = hello.get_bool("isWritablePrimary").unwrap_or_default();
        Ok(Absence { is_primary, is_empty, present })
    }
}
