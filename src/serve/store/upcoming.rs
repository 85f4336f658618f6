//! Upcoming jobs: when they are due, for workers with which recipe, and the database's time.

use std::time::Duration;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use mongodb::bson::{Bson, Document, doc};

use crate::error::Result;
use crate::remote::mongo::{failed, insist};
use crate::serve::jobs::{Due, Job, Kind, State};

use super::Store;
use super::expressions::{after, choose, literal, now};

/// The most jobs to read: they are kept in memory, a few hundred bytes each.
const MOST: i64 = 100_000;

impl Store {
    /// The jobs without a worker that are due within that time or overdue, the longest overdue first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn upcoming(&self, within: Duration) -> Result<Vec<Due>> {
        let is_running = doc! { "$eq": ["$state", State::Running.name()] };
        // A running job is due when its lease ends: its worker is gone, and so may be its message.
        let latest = choose(is_running, now(), after(within));
        let is_upcoming = doc! { "$lte": ["$due", latest] };
        // Apart from the expression, so that an index leaves out the jobs of the last month, which have ended.
        let open = [State::Queued, State::Waiting, State::Running].map(State::name);
        let pipeline = [
            doc! { "$match": { "state": { "$in": open.as_slice() }, "due": { "$exists": true }, "$expr": is_upcoming } },
            doc! { "$project": { "kind": "$work.kind", "recipe": 1, "due": 1 } },
            doc! { "$sort": { "due": 1 } },
            doc! { "$limit": MOST },
        ];
        let read = || async {
            let found = self.documents().aggregate(pipeline.clone()).with_type::<Due>().await;
            found.map_err(failed("list due jobs"))?.try_collect().await.map_err(failed("list due jobs"))
        };
        insist(read).await
    }

    /// The job with that id, and the database's time.
    ///
    /// # Errors
    /// If the database cannot be read.
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

    /// Changes the recipe of jobs without a worker whose recipe is not one of these. Returns their old recipes.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn change_recipes(&self, kept: &[String], recipe: &str) -> Result<Vec<String>> {
        let encoding: Vec<_> = Kind::ALL.into_iter().filter(|kind| kind.encodes()).map(Kind::name).collect();
        let filter = doc! {
            "work.kind": { "$in": encoding },
            "due": { "$exists": true },
            "state": { "$in": [State::Queued.name(), State::Waiting.name()] },
            // Includes jobs without a recipe.
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
