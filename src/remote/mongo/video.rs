//! What the site has written down about a tape's video.

use mongodb::bson::doc;

use super::client::{Mongo, repeat};
use super::document;
use crate::error::Result;
use crate::record::{Id, Medium};

/// What the site has written down about a tape's video.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TapeVideo {
    /// Where it is.
    pub url: Option<String>,
    /// `complete`, once the site is done with it.
    pub status: Option<String>,
    /// Whether the tape has a record.
    pub has_record: bool,
}

impl Mongo {
    /// What the site has written down about a tape's video; `None` if there is no such tape.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
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
}
