//! How far the site's changes have been read, and which process reads them.

use std::time::Duration;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use mongodb::Collection;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::ReturnDocument;

use crate::error::Result;
use crate::remote::mongo::{ResumeToken, failed, insist};

use super::Store;
use super::expressions::{after, literal, now};

/// How long the reading process may be silent before another takes over.
const LEASE: Duration = Duration::from_secs(20);

/// The id of the collection's only document.
const ID: &str = "changes";

/// How far changes have been read.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    /// The position from which to continue; `None` if unknown.
    pub token: Option<ResumeToken>,
}

/// The state of the reading of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The reading process; `None` if there is none.
    pub reader: Option<String>,
    /// The time since the position was stored.
    pub age: Option<Duration>,
    /// The age of the last change that has been read.
    pub lag: Option<Duration>,
}

impl Store {
    /// The state of the reading of changes; `None` if no process has ever read any.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn reading(&self) -> Result<Option<Reading>> {
        let pipeline = [
            doc! { "$match": { "_id": ID } },
            doc! { "$project": { "reader": 1, "until": 1, "at": 1, "token": 1, "now": now() } },
        ];
        let read = || async {
            let found = self.stream().aggregate(pipeline.clone()).await.map_err(failed("read the position"))?;
            found.try_collect::<Vec<_>>().await.map_err(failed("read the position"))
        };
        Ok(insist(read).await?.first().map(reading))
    }

    /// Makes `reader` the process that reads changes; `None` while another is.
    ///
    /// # Errors
    /// If the database cannot be written.
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
        // There is no document yet, or another process leads. If several insert, one succeeds.
        let first = doc! { "_id": ID, "reader": reader, "until": 0_i64 };
        if self.stream().insert_one(first).await.is_err() {
            return Ok(None);
        }
        // By the server's clock, as all leases.
        let led = insist(attempt).await?;
        Ok(led.map(|found| Position { token: token_of(&found) }))
    }

    /// Stores how far changes have been read, if `reader` still reads them. Returns whether it does.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn note_position(&self, reader: &str, token: &ResumeToken) -> Result<bool> {
        let update = vec![doc! { "$set": { "token": literal(token), "until": after(LEASE), "at": now() } }];
        let filter = doc! { "_id": ID, "reader": reader };
        let attempt = || async {
            self.stream().update_one(filter.clone(), update.clone()).await.map_err(failed("note the position"))
        };
        Ok(insist(attempt).await?.matched_count > 0)
    }

    /// Removes the position, because the server no longer knows it.
    ///
    /// # Errors
    /// If the database cannot be written.
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

fn reading(found: &Document) -> Reading {
    let now = found.get_i64("now").unwrap_or_default();
    let is_led = found.get_i64("until").is_ok_and(|until| until > now);
    // Both times are of the database's clock.
    let ago = |then: i64| Duration::from_millis((now - then).max(0).unsigned_abs());
    Reading {
        reader: found.get_str("reader").ok().filter(|_| is_led).map(str::to_owned),
        age: found.get_i64("at").ok().map(ago),
        lag: found.get("token").and_then(time_of).map(|position| ago(position.as_millisecond())),
    }
}

/// The time of the change before a position. A token begins with the byte for a timestamp and its seconds; the rest is
/// opaque.
fn time_of(token: &Bson) -> Option<Timestamp> {
    let data = token.as_document()?.get_str("_data").ok()?;
    let seconds = u32::from_str_radix(data.strip_prefix("82")?.get(..8)?, 16).ok()?;
    Timestamp::from_second(seconds.into()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_tells_its_time() {
        let token = |data: &str| Bson::from(doc! { "_data": data });
        let real = token("8265F1C3B0000000012B0429296E1404");
        assert_eq!(time_of(&real), Some("2024-03-13T15:18:08Z".parse().unwrap()));
        for other in [token("8365F1C3B0000000012B"), token("82"), token("82é12345678"), token(""), Bson::Null] {
            assert_eq!(time_of(&other), None, "{other:?}");
        }
    }

    #[test]
    fn who_leads_is_told_as_long_as_it_is_heard_of() {
        let found = doc! { "reader": "a", "until": 1_000_i64, "at": 900_i64, "now": 999_i64 };
        let expected = Reading { reader: Some("a".into()), age: Some(Duration::from_millis(99)), lag: None };
        assert_eq!(reading(&found), expected);
        assert_eq!(reading(&doc! { "reader": "a", "until": 1_000_i64, "now": 1_000_i64 }).reader, None);
    }
}
