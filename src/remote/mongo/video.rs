//! The site's data on a tape's video.

use futures_util::TryStreamExt;
use mongodb::bson::doc;

use super::client::{Mongo, repeat};
use super::document;
use crate::error::Result;
use crate::record::{Id, Item, Medium};

/// The site's data on a tape's video.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TapeVideo {
    /// Its address.
    pub url: Option<String>,
    /// `complete` once the site has finished it.
    pub status: Option<String>,
    /// Whether the tape has a record.
    pub has_record: bool,
}

impl Mongo {
    /// Reads the site's data on a tape's video; `None` if the tape does not exist.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub async fn tape_video(&self, id: Id) -> Result<Option<TapeVideo>> {
        let filter = doc! { "_id": mongodb::bson::oid::ObjectId::from_bytes(id.0) };
        let fields = doc! { "mp4Url": 1, "mp4Status": 1, "at.rkey": 1, "atproto.rkey": 1 };
        let read = || async {
            let tapes = self.items_of(Medium::Tape);
            tapes.find_one(filter.clone()).projection(fields.clone()).await
        };
        let found = repeat("look at the video of a tape", read).await?;
        Ok(found.map(|tape| TapeVideo {
            url: document::text(&tape, "mp4Url"),
            status: document::text(&tape, "mp4Status"),
            has_record: ["at", "atproto"].into_iter().any(|place| document::rkey(&tape, place).is_some()),
        }))
    }

    /// Recordings without a video on the site, newest first.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub async fn tapes_without_video(&self, limit: i64) -> Result<Vec<Item>> {
        let filter = doc! { "mp4Url": null, "kind": { "$ne": "mp4" }, "nuked": { "$ne": true } };
        let read = || async {
            let tapes = self.items_of(Medium::Tape);
            let found = tapes.find(filter.clone()).projection(document::projection(Medium::Tape));
            found.sort(doc! { "_id": -1 }).limit(limit).await?.try_collect::<Vec<_>>().await
        };
        let found = repeat("look for tapes without a video", read).await?;
        // An invalid item has no code to name its video.
        Ok(found.iter().filter_map(|tape| document::item(Medium::Tape, tape).ok()).map(|(item, _)| item).collect())
    }
}
