//! The reports of the service's processes, so that every page shows what each knows of the PDS's limits.

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

/// How long after its last report a process counts as running.
const PRESENT: Duration = Duration::from_secs(45);

/// A process of the service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// The name of its worker.
    #[serde(rename = "_id")]
    pub worker: String,
    /// The name of its machine.
    #[serde(default)]
    pub host: String,
    /// Its role; processes of releases without roles have all of them.
    #[serde(default)]
    pub role: Role,
    /// The release that it runs.
    pub version: String,
    /// The recipe of its videos: it runs no jobs of other recipes.
    #[serde(default)]
    pub recipe: String,
    /// When it started.
    #[serde(with = "millisecond::required")]
    pub started: Timestamp,
    /// The PDS's limits as last seen; empty if the server announces none, or all are unused.
    pub budgets: Vec<Budget>,
    /// Its present waits.
    pub waits: Vec<Waiting>,
}

/// A limit of the PDS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// The kind of points: `requests`, `writes`.
    pub kind: String,
    /// The account, for a limit per account.
    pub account: Option<String>,
    /// The points in a window.
    pub points: u32,
    /// The seconds of a window.
    pub window: u64,
    /// The points left in the present window.
    pub remaining: u32,
    /// The end of the present window.
    #[serde(with = "millisecond::required")]
    pub resets: Timestamp,
}

/// A wait for a limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// The kind of limit: `requests`, `writes`, `files`.
    pub kind: String,
    /// The account, for a limit per account.
    pub account: Option<String>,
    /// The end of the wait.
    #[serde(with = "millisecond::required")]
    pub until: Timestamp,
}

impl Store {
    /// Stores the report of a process.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn note_process(&self, process: &Process) -> Result<()> {
        // Also as a date, by which the server deletes processes that have stopped reporting.
        let update =
            vec![doc! { "$replaceWith": { "$mergeObjects": [literal(process), { "at": now(), "heard": "$$NOW" }] } }];
        let write = || async {
            let processes = self.processes();
            let noted = processes.update_one(doc! { "_id": &process.worker }, update.clone()).upsert(true);
            noted.await.map_err(failed("note a process"))
        };
        insist(write).await.map(|_| ())
    }

    /// Removes a process that ends.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn forget_process(&self, worker: &str) -> Result<()> {
        let delete =
            || async { self.processes().delete_one(doc! { "_id": worker }).await.map_err(failed("forget a process")) };
        insist(delete).await.map(|_| ())
    }

    /// The processes that have reported recently.
    ///
    /// # Errors
    /// If the database cannot be read.
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
