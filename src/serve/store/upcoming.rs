//! Jobs that are to be looked at: when, by workers with which recipe, and what the database's clock says.

use std::time::Duration;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use mongodb::bson::{Bson, Document, doc};

use crate::error::Result;
use crate::remote::mongo::{failed, insist};
use crate::serve::jobs::{Due, Job, Kind, State};

use super::Store;
use super::claims::LEASE;
use super::expressions::{after, before, literal, now};

/// How many are read at most: they are kept in memory, a few hundred bytes each.
const MOST: i64 = 100_000;

impl Store {
    /// The jobs that nobody works on and that are due within that time, or were due before; the longest due first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn upcoming(&self, within: Duration) -> Result<Vec<Due>> {
        let due = |time: Document| doc! { "$lte": ["$due", time] };
        let open = doc! { "$in": ["$state", [State::Queued.name(), State::Waiting.name()]] };
        let is_lost = doc! { "$and": [{ "$eq": ["$state", State::Running.name()] }, due(before(LEASE))] };
        let is_upcoming = doc! { "$or": [{ "$and": [open, due(after(within))] }, is_lost] };
        let pipeline = [
            doc! { "$match": { "due": { "$exists": true }, "$expr": is_upcoming } },
            doc! { "$project": { "kind": "$work.kind", "recipe": 1, "due": 1 } },
            doc! { "$sort": { "due": 1 } },
            doc! { "$limit": MOST },
        ];
        let read = || async {
            let found = self.documents().aggregate(pipeline.clone()).with_type::<Due>().await;
            found
                .map_err(failed("list the jobs that are due"))?
                .try_collect()
                .await
                .map_err(failed("list the jobs that are due"))
        };
        insist(read).await
    }

    /// The job with that id, and the time by the database's clock.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn job_now(&self, id: &str) -> Result<Option<(Job, Timestamp)>> {
        let pipeline = [doc! { "$match": { "_id": id } }, doc! { "$set": { "now": now() } }];
        let read = || async {
            let found = self.documents().aggregate(pipeline.clone()).await.map_err(failed("read a job"))?;
            found.try_collect::<Vec<Document>>().await.map_err(failed("read a job"))
        };
        let Some(found) = insist(read).await?.pop() else { return Ok(None) };
        let now = found.get_i64("now").ok().and_then(|now| Timestamp::from_millisecond(now).ok());
        let job = mongodb::bson::deserialize_from_document(found);
        let job = job.map_err(|error| failed("read a job")(error.into()))?;
        Ok(Some((job, now.unwrap_or_else(Timestamp::now))))
    }

    /// Gives jobs that nobody works on, and whose recipe is none of these, another one. Returns the recipes that they had.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn change_recipes(&self, kept: &[String], recipe: &str) -> Result<Vec<String>> {
        let encoding: Vec<_> = Kind::ALL.into_iter().filter(|kind| kind.encodes()).map(Kind::name).collect();
        let filter = doc! {
            "work.kind": { "$in": encoding },
            "due": { "$exists": true },
            "state": { "$in": [State::Queued.name(), State::Waiting.name()] },
            // Those without one are among them.
            "recipe": { "$nin": kept },
        };
        let update = vec![doc! { "$set": { "recipe": literal(&recipe) } }];
        let write = || async {
            let gone = self
                .documents()
                .distinct("recipe", filter.clone())
                .await
                .map_err(failed("read the recipes of jobs"))?;
            self.documents()
                .update_many(filter.clone(), update.clone())
                .await
                .map_err(failed("change the recipes of jobs"))?;
            Ok(gone.iter().filter_map(Bson::as_str).map(str::to_owned).collect())
        };
        insist(write).await
    }
}
