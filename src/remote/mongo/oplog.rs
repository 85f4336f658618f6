//! The time span of the oplog: a reader of changes that is away for longer must start over.

use std::time::Duration;

use mongodb::bson::{Document, doc};
use mongodb::error::ErrorKind;

use super::client::{Mongo, failed};
use crate::error::Result;

/// The timeout of the query, which reads only the first and the last entry.
const PATIENCE: Duration = Duration::from_secs(5);

impl Mongo {
    /// The time from the oldest entry of the oplog to the newest; `None` if there is no oplog, or we have no access.
    ///
    /// # Errors
    /// If the database does not respond.
    pub async fn oplog_window(&self) -> Result<Option<Duration>> {
        let end = async |direction: i32| {
            let oplog = self.database.client().database("local").collection::<Document>("oplog.rs");
            let look = oplog.find_one(doc! {}).sort(doc! { "$natural": direction }).projection(doc! { "ts": 1 });
            match look.max_time(PATIENCE).await {
                Ok(entry) => Ok(entry.and_then(|entry| Some(entry.get_timestamp("ts").ok()?.time))),
                Err(error) if matches!(*error.kind, ErrorKind::Command(_)) => Ok(None),
                Err(error) => Err(failed("look at the oplog")(error)),
            }
        };
        let (first, last) = (end(1).await?, end(-1).await?);
        Ok(first.zip(last).map(|(first, last)| Duration::from_secs(last.saturating_sub(first).into())))
    }
}
