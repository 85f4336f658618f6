//! How far the site's changes have been read, and which process reads them.

use std::time::Duration;

use mongodb::Collection;
use mongodb::bson::{Document, doc};
use mongodb::options::ReturnDocument;

use crate::error::Result;
use crate::remote::mongo::{ResumeToken, failed, insist};

use super::Store;
use super::expressions::{after, literal, now};

/// How long one process reads without being heard of before another takes over.
const LEASE: Duration = Duration::from_secs(20);

/// The one document of its collection.
const ID: &str = "changes";

/// How far changes have been read.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    /// Where to go on; `None` if nobody knows.
    pub token: Option<ResumeToken>,
}

impl Store {
    /// Becomes, or stays, the one that reads changes; `None` while another is.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn lead(&self, reader: &str) -> Result<Option<Position>> {
        let filter = doc! { "_id": ID, "$or": [
            { "reader": reader },
            { "$expr": { "$lte": [{ "$ifNull": ["$until", 0] }, now()] } },
        ] };
        let update = vec![doc! { "$set": { "reader": literal(&reader), "until": after(LEASE) } }];
        let attempt = || async {
            let stream = self.stream();
            let led = stream.find_one_and_update(filter.clone(), update.clone());
            led.return_document(ReturnDocument::After).await.map_err(failed("lead the reading of changes"))
        };
        if let Some(found) = insist(attempt).await? {
            return Ok(Some(Position { token: token_of(&found) }));
        }
        // There is none yet, or another leads. Of several that insert, one succeeds.
        let first = doc! { "_id": ID, "reader": reader, "until": 0_i64 };
        Ok(match self.stream().insert_one(first).await {
            Ok(_) => Some(Position { token: None }),
            Err(_) => None,
        })
    }

    /// Notes how far changes have been read, if `reader` still is the one who reads them. Says whether it is.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn note_position(&self, reader: &str, token: &ResumeToken) -> Result<bool> {
        let update = vec![doc! { "$set": { "token": literal(token), "until": after(LEASE), "at": now() } }];
        let filter = doc! { "_id": ID, "reader": reader };
        let attempt = || async {
            self.stream().update_one(filter.clone(), update.clone()).await.map_err(failed("note the position"))
        };
        Ok(insist(attempt).await?.matched_count > 0)
    }

    /// Forgets how far changes have been read: the server does not know that any more.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn forget_position(&self, reader: &str) -> Result<()> {
        let filter = doc! { "_id": ID, "reader": reader };
        let attempt = || async {
            let update = doc! { "$unset": { "token": "", "at": "" } };
            self.stream().update_one(filter.clone(), update).await.map_err(failed("forget the position"))
        };
        insist(attempt).await.map(|_| ())
    }

    fn stream(&self) -> Collection<Document> {
        self.database.collection("stream")
    }
}

fn token_of(found: &Document) -> Option<ResumeToken> {
    mongodb::bson::deserialize_from_bson(found.get("token")?.clone()).ok()
}
