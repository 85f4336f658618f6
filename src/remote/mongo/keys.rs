//! Writes the keys of records back to their items.

use cid::Cid;
use futures_util::TryStreamExt;
use mongodb::bson::{Bson, Document, doc, oid::ObjectId};

use super::accounts::Owner;
use super::client::{Mongo, TRANSIENT_CODES, failed, insist, repeat};
use super::document;
use crate::error::{Error, RemoteError, Result};
use crate::record::{Id, Medium, StoredVideo};

/// The number of updates per command. The server accepts 100,000 and 48 MB; smaller batches are retried faster.
const BATCH: usize = 1000;

/// A published record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Its item.
    pub id: Id,
    /// Its key.
    pub rkey: String,
    /// Its address: `at://did/collection/rkey`.
    pub uri: String,
    /// The hash of its content.
    pub cid: Cid,
    /// Its video, if it was just made; otherwise the stored data on the video stays.
    pub video: Option<StoredVideo>,
}

impl Mongo {
    /// Stores the keys of their records in these items, and for tapes that the video is complete. Deleted items are not
    /// recreated; other fields do not change. Returns the number of items found.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub async fn save_keys(&self, medium: Medium, published: &[Published]) -> Result<u64> {
        let update = |published: &Published| {
            let literal = |value: &str| doc! { "$literal": value };
            let mut set = doc! { "atproto": { "rkey": literal(&published.rkey) } };
            if medium == Medium::Tape {
                let cid = published.cid.to_string();
                let mut keys = doc! {
                    "rkey": literal(&published.rkey), "uri": literal(&published.uri), "cid": literal(&cid),
                };
                if let Some(StoredVideo { preset, cid, warnings }) = &published.video {
                    let warnings: Bson = if warnings.is_empty() {
                        "$$REMOVE".into()
                    } else {
                        doc! { "$literal": warnings.as_slice() }.into()
                    };
                    let (preset, video) = (literal(preset), literal(&cid.to_string()));
                    keys.extend(doc! { "preset": preset, "video": video, "warnings": warnings });
                }
                set.extend(doc! { "at": keys, "mp4Status": "complete" });
            }
            // As a pipeline, which also replaces an `atproto` that is null, where a plain $set fails. Other fields of
            // `at` and `atproto` stay.
            (published.id, Bson::Array(vec![doc! { "$set": set }.into()]))
        };
        self.update(medium, "save the keys", published.iter().map(update).collect()).await
    }

    /// Removes the keys of their records from these items. Returns the number of items found.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub async fn clear_keys(&self, medium: Medium, ids: &[Id]) -> Result<u64> {
        let mut unset = doc! { "atproto.rkey": "", "atproto.uri": "", "atproto.cid": "" };
        if medium == Medium::Tape {
            unset.extend(doc! { "at.rkey": "", "at.uri": "", "at.cid": "", "at.preset": "", "at.video": "" });
            unset.insert("at.warnings", "");
        }
        let update = Bson::Document(doc! { "$unset": unset });
        self.update(medium, "clear the keys", ids.iter().map(|id| (*id, update.clone())).collect()).await
    }

    /// The items of an owner that have the key of a record, including invalid items.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub async fn with_keys(&self, owner: &Owner, medium: Medium) -> Result<Vec<Id>> {
        let mut filter = owner.filter();
        let has = |field: &str| doc! { field: { "$exists": true } };
        filter.insert("$or", [has("atproto.rkey"), has("at.rkey")].map(Bson::from).to_vec());
        let read = || async {
            let found = self.items_of(medium).find(filter.clone()).projection(doc! { "_id": 1 }).await?;
            found.try_collect::<Vec<_>>().await
        };
        let found = repeat(&format!("read the keys of {} of {owner}", medium.plural()), read).await?;
        Ok(found.iter().filter_map(document::id).collect())
    }

    async fn update(&self, medium: Medium, doing: &str, updates: Vec<(Id, Bson)>) -> Result<u64> {
        let doing = format!("{doing} of {}", medium.plural());
        let mut matched = 0;
        for batch in updates.chunks(BATCH) {
            let statement =
                |(id, update): &(Id, Bson)| doc! { "q": { "_id": ObjectId::from_bytes(id.0) }, "u": update };
            let command = doc! {
                "update": medium.plural(),
                "updates": batch.iter().map(statement).collect::<Vec<_>>(),
                // One bad document must not prevent the update of the others.
                "ordered": false,
                "writeConcern": { "w": "majority", "wtimeout": 30_000 },
            };
            let attempt = || async {
                let answer = self.database.run_command(command.clone()).await.map_err(failed(&doing))?;
                matched_by(&answer, &doing)
            };
            matched += insist(attempt).await?;
        }
        Ok(matched)
    }
}

/// The number of documents in a response to `update`. Errors can be in a response that says `ok`.
///
/// # Errors
/// The first error in the response.
pub fn matched_by(answer: &Document, doing: &str) -> Result<u64> {
    let first = answer.get_array("writeErrors").ok().and_then(|errors| errors.first()?.as_document());
    let error = first.or_else(|| answer.get_document("writeConcernError").ok());
    if let Some(error) = error {
        let message = error.get_str("errmsg").unwrap_or("it gave no reason");
        let code = error.get("code").and_then(document::number).unwrap_or_default();
        return Err(Error::Remote(RemoteError::Database {
            doing: doing.into(),
            is_transient: TRANSIENT_CODES.contains(&(code as i32)),
            source: format!("{message} (code {code})").into(),
        }));
    }
    Ok(answer.get("n").and_then(document::number).unwrap_or_default() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Disposition;

    #[test]
    fn errors_within_a_good_answer_are_found() {
        assert_eq!(matched_by(&doc! { "ok": 1, "n": 3 }, "save").unwrap(), 3);
        let written = doc! { "ok": 1, "n": 2, "writeErrors": [{ "index": 2, "code": 28, "errmsg": "no" }] };
        let error = matched_by(&written, "save").unwrap_err();
        assert_eq!(error.chain(), ["mongodb failed to save", "no (code 28)"]);
        assert_eq!(error.disposition(), Disposition::Drop);
        let unconfirmed = doc! { "ok": 1, "n": 2, "writeConcernError": { "code": 64, "errmsg": "timed out" } };
        assert!(matched_by(&unconfirmed, "save").unwrap_err().disposition().is_retry());
    }
}
