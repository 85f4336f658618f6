//! The service's own database: jobs, places of records, and subscriptions. The only module of the service that uses the
//! driver.
//!
//! It is a separate database on the site's servers, so that the site's change streams do not include it. All times are
//! the server's (`$$NOW`), in milliseconds, and every write waits for a majority.

mod claims;
mod endpoints;
mod expressions;
mod jobs;
mod ledger;
mod listing;
mod processes;
mod stream;
mod upcoming;

use std::time::Duration;

use mongodb::bson::{Document, doc};
use mongodb::options::IndexOptions;
use mongodb::{Collection, Database, IndexModel};

use crate::error::Result;
use crate::remote::mongo::{Mongo, failed, insist};

pub use claims::{Claim, Claimant, LEASE, Renewed};
pub use ledger::{Known, Place};
pub use listing::{Filter, Tally};
pub use processes::{Budget, Process, Waiting};
pub use stream::Reading;

use super::jobs::Job;

/// The service's own database. Clones are the same.
#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
}

impl Store {
    /// The database, for reading.
    #[must_use]
    pub fn at(mongo: &Mongo, name: &str) -> Store {
        Store { database: mongo.beside(name) }
    }

    /// Opens the database, and creates its indexes.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn open(mongo: &Mongo, name: &str) -> Result<Store> {
        let store = Store::at(mongo, name);
        let is_due = doc! { "due": { "$exists": true } };
        let index = |keys: Document| IndexModel::builder().keys(keys);
        let expiring = IndexOptions::builder().expire_after(Duration::ZERO).build();
        // The server deletes what has expired.
        let expires = index(doc! { "expires": 1 }).options(expiring).build();
        let jobs = [
            // For claims, without finished jobs.
            index(doc! { "work.kind": 1, "due": 1, "work.endpoint": 1 })
                .options(IndexOptions::builder().partial_filter_expression(is_due).build())
                .build(),
            index(doc! { "work.kind": 1, "state": 1, "changed": -1, "_id": -1 }).build(),
            index(doc! { "changed": -1, "_id": -1 }).build(),
            // For the numbers of failures.
            index(doc! { "state": 1, "failure.code": 1, "due": 1 }).build(),
            index(doc! { "label": 1 }).build(),
            expires.clone(),
        ];
        let ledger = [index(doc! { "did": 1, "medium": 1 }).build(), expires.clone()];
        let collections =
            [(store.documents(), jobs.to_vec()), (store.ledger(), ledger.to_vec()), (store.processes(), vec![expires])];
        for (collection, indexes) in collections {
            let create = || async {
                let created = collection.create_indexes(indexes.clone()).await;
                created.map(|_| ()).map_err(failed("create the indexes"))
            };
            insist(create).await?;
        }
        Ok(store)
    }

    /// Checks that the database responds.
    ///
    /// # Errors
    /// If it does not respond.
    pub async fn ping(&self) -> Result<()> {
        let ping = || async {
            self.database.run_command(doc! { "ping": 1 }).await.map(|_| ()).map_err(failed("answer a ping"))
        };
        insist(ping).await
    }

    fn jobs(&self) -> Collection<Job> {
        self.database.collection("jobs")
    }

    /// The same as documents, for writes with expressions.
    fn documents(&self) -> Collection<Document> {
        self.database.collection("jobs")
    }
}
