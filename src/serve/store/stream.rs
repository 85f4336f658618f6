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

/// How the reading of changes stands, as everybody sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Which process reads; `None` while nobody does.
    pub reader: Option<String>,
    /// How long ago the position was stored last.
    pub age: Option<Duration>,
    /// How long ago the changes happened up to which everything has been read.
    pub lag: Option<Duration>,
}

impl Store {
    /// How the reading of changes stands; `None` if nobody has ever begun.
    ///
    /// # Errors
    /// When the database cannot be read.
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
        if self.stream().insert_one(first).await.is_err() {
            return Ok(None);
        }
        // By the server's clock, as all leads.
        let led = insist(attempt).await?;
        Ok(led.map(|found| Position { token: token_of(&found) }))
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

fn reading(found: &Document) -> Reading {
    let now = found.get_i64("now").unwrap_or_default();
    let is_led = found.get_i64("until").is_ok_and(|until| until > now);
    // The database's clock is that of both.
    let ago = |then: i64| Duration::from_millis((now - then).max(0).unsigned_abs());
    Reading {
        reader: found.get_str("reader").ok().filter(|_| is_led).map(str::to_owned),
        age: found.get_i64("at").ok().map(ago),
        lag: found.get("token").and_then(time_of).map(|position| ago(position.as_millisecond())),
    }
}

/// When that happened which a position comes after. A token begins with the byte that stands for a time, and the time's
/// seconds; what follows is the server's own affair.
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
