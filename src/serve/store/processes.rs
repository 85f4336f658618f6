//! The processes of the service, as each says of itself: what one knows of the PDS's limits, all pages show.

use std::time::Duration;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use jiff::fmt::serde::timestamp::millisecond;
use mongodb::Collection;
use mongodb::bson::{Document, doc};
use serde::{Deserialize, Serialize};

use crate::config::Role;
use crate::error::Result;
use crate::remote::mongo::{failed, insist};

use super::Store;
use super::expressions::{before, literal, now};

/// How long a process counts as running that has not been heard of.
const PRESENT: Duration = Duration::from_secs(45);

/// A process of the service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// Its name among workers.
    #[serde(rename = "_id")]
    pub worker: String,
    /// The name of its machine.
    #[serde(default)]
    pub host: String,
    /// What it does; processes of releases that had no roles do everything.
    #[serde(default)]
    pub role: Role,
    /// The release that it runs.
    pub version: String,
    /// What its videos are made by: it does jobs of no other recipe.
    #[serde(default)]
    pub recipe: String,
    /// When it started.
    #[serde(with = "millisecond::required")]
    pub started: Timestamp,
    /// The PDS's limits as its clients have seen them last; none if the server announces none, or all are unused.
    pub budgets: Vec<Budget>,
    /// What it waits for at the moment.
    pub waits: Vec<Waiting>,
}

/// A limit of the PDS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// What it counts: `requests`, `writes`.
    pub kind: String,
    /// Whose, of a limit for each account.
    pub account: Option<String>,
    /// How many points there are in a window.
    pub points: u32,
    /// How many seconds a window lasts.
    pub window: u64,
    /// How many points are left in the present one.
    pub remaining: u32,
    /// When the present one ends.
    #[serde(with = "millisecond::required")]
    pub resets: Timestamp,
}

/// Somebody who waits for a limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// What is waited for: `requests`, `writes`, `files`.
    pub kind: String,
    /// Whose, of a limit for each account.
    pub account: Option<String>,
    /// Until when.
    #[serde(with = "millisecond::required")]
    pub until: Timestamp,
}

impl Store {
    /// Notes what a process says of itself.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn note_process(&self, process: &Process) -> Result<()> {
        // The server's clock, in a date as well: by that, it deletes what is not heard of any more.
        let update =
            vec![doc! { "$replaceWith": { "$mergeObjects": [literal(process), { "at": now(), "heard": "$$NOW" }] } }];
        let write = || async {
            let processes = self.processes();
            let noted = processes.update_one(doc! { "_id": &process.worker }, update.clone()).upsert(true);
            noted.await.map_err(failed("note a process"))
        };
        insist(write).await.map(|_| ())
    }

    /// Forgets a process that ends.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn forget_process(&self, worker: &str) -> Result<()> {
        let delete =
            || async { self.processes().delete_one(doc! { "_id": worker }).await.map_err(failed("forget a process")) };
        insist(delete).await.map(|_| ())
    }

    /// The processes that were heard of not long ago.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn present(&self) -> Result<Vec<Process>> {
        let filter = doc! { "$expr": { "$gte": ["$at", before(PRESENT)] } };
        let read = || async {
            let found =
                self.processes().clone_with_type::<Process>().find(filter.clone()).sort(doc! { "_id": 1 }).await;
            found.map_err(failed("list the processes"))?.try_collect().await.map_err(failed("list the processes"))
        };
        insist(read).await
    }

    pub(super) fn processes(&self) -> Collection<Document> {
        self.database.collection("processes")
    }
}
