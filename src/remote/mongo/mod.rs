//! `MongoDB`, the system of record: accounts, items, and the keys of their records.
//!
//! Documents are years old and written by many tools; `document.rs` says how they are read. What cannot be made sense
//! of is an [`Unusable`] item and not a failure. Writing touches only the keys of records, and
//! the accounts of new members.

mod absence;
mod accounts;
mod credentials;
mod document;
mod health;
mod keys;
mod moment;
mod unnamed;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use futures_util::{TryFutureExt, TryStreamExt};
use mongodb::bson::{Bson, Document, doc, oid::ObjectId};
use mongodb::options::{ClientOptions, ReadPreference, SelectionCriteria};
use mongodb::{Client, Collection, Database};
use secrecy::ExposeSecret;

pub use absence::Absence;
pub use accounts::{Account, Owner};
pub use credentials::{Member, Pending};
pub use document::{Doubt, Unusable};
pub use health::{Health, MissingIndex};
pub use keys::Published;
pub use unnamed::Unnamed;

use super::backoff::Backoff;
use crate::config::Config;
use crate::error::{Class, Error, Result};
use crate::record::{Id, Item, Medium};

/// What an owner has of one medium.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The items, the oldest first.
    pub items: Vec<Item>,
    /// What no record can be made of, as nobody can tell what it is.
    pub unusable: Vec<Unusable>,
    /// What is odd about some of the items.
    pub doubts: Vec<Doubt>,
}

/// The database.
#[derive(Debug, Clone)]
pub struct Mongo {
    database: Database,
}

impl Mongo {
    /// Connects and makes sure that somebody answers.
    ///
    /// # Errors
    ///
    /// When the connection string is missing or wrong, or nobody answers.
    pub async fn connect(config: &Config) -> Result<Mongo> {
        let connection_string = config.mongodb_connection_string()?.expose_secret();
        let mut options = ClientOptions::parse(connection_string).await.map_err(|_| Error::Setting {
            name: "MONGODB_CONNECTION_STRING",
            // The driver's own words may quote the password.
            what: "is not a connection string such as mongodb+srv://name:password@host/".into(),
        })?;
        options.app_name = Some("telecine".into());
        // What is read decides what is written: a secondary may be behind, whatever the connection string prefers.
        options.selection_criteria = Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
        options.retry_reads = Some(true);
        options.retry_writes = Some(true);
        // The driver's own is 30 s; a wrong address should not take three minutes of attempts to show.
        options.server_selection_timeout.get_or_insert(Duration::from_secs(10));
        let client = Client::with_options(options).map_err(failed("connect"))?;
        let database = client.database(config.mongodb_name());
        database.run_command(doc! { "ping": 1 }).await.map_err(failed("connect"))?;
        Ok(Mongo { database })
    }

    fn items_of(&self, medium: Medium) -> Collection<Document> {
        self.database.collection(medium.plural())
    }

    /// All items of one medium that an owner has.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn items(&self, owner: &Owner, medium: Medium) -> Result<Inventory> {
        let doing = format!("read the {} of {owner}", medium.plural());
        let read = || async {
            let found = self.items_of(medium).find(owner.filter()).projection(document::projection(medium)).await?;
            found.map_ok(|document| document::item(medium, &document)).try_collect::<Vec<_>>().await
        };
        let mut inventory = Inventory::default();
        for read in repeat(&doing, read).await? {
            match read {
                Ok((item, doubt)) => {
                    inventory.items.push(item);
                    inventory.doubts.extend(doubt);
                }
                Err(unusable) => inventory.unusable.push(unusable),
            }
        }
        // Not by the server: `when` is a date in one document and a text in another.
        inventory.items.sort_by_key(|item| (item.when, item.id));
        Ok(inventory)
    }

    /// How many items of one medium an owner has, whatever is in them.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn count(&self, owner: &Owner, medium: Medium) -> Result<u64> {
        let doing = format!("count the {} of {owner}", medium.plural());
        repeat(&doing, || async { self.items_of(medium).count_documents(owner.filter()).await }).await
    }

    /// The item with that code or id; a piece has its slug for a code.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or the document cannot be made sense of.
    pub async fn find(&self, medium: Medium, code_or_id: &str) -> Result<Option<(Owner, Item)>> {
        let filter = match code_or_id.parse::<Id>() {
            Ok(id) => doc! { "_id": ObjectId::from_bytes(id.0) },
            Err(_) if medium == Medium::Piece => doc! { "slug": code_or_id },
            Err(_) => doc! { "code": code_or_id },
        };
        let doing = format!("look for {medium} {code_or_id}");
        let read = || async {
            let projection = document::projection(medium);
            self.items_of(medium).find_one(filter.clone()).projection(projection).await
        };
        let Some(document) = repeat(&doing, read).await? else { return Ok(None) };
        let unusable =
            |Unusable { reason, .. }| Error::Document { subject: format!("{medium} {code_or_id}"), what: reason };
        let (item, _) = document::item(medium, &document).map_err(unusable)?;
        Ok(Some((Owner::of(document.get("user")), item)))
    }

    /// Everybody who has made something in these media, and how much of each.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub async fn owners_with_items(&self, media: &[Medium]) -> Result<HashMap<Owner, BTreeMap<Medium, u64>>> {
        let mut owners = HashMap::<Owner, BTreeMap<Medium, u64>>::new();
        for &medium in media {
            let doing = format!("count the {}", medium.plural());
            // A missing field and one that is null are told apart by their type only; texts are all that name anybody.
            let name = doc! { "$cond": [{ "$eq": [{ "$type": "$user" }, "string"] }, "$user", null] };
            let pipeline = [doc! { "$group": {
                "_id": { "type": { "$type": "$user" }, "user": name },
                "count": { "$sum": 1 },
            } }];
            let read = || async {
                let counted = self.items_of(medium).aggregate(pipeline.clone()).await?;
                counted.try_collect::<Vec<_>>().await
            };
            for group in repeat(&doing, read).await? {
                let id = group.get_document("_id").cloned().unwrap_or_default();
                let owner = match id.get_str("type").unwrap_or_default() {
                    "missing" => Owner::Guest,
                    "string" => Owner::of(id.get("user")),
                    other => Owner::Nobody(Unnamed::of_type(other)),
                };
                let count = group.get("count").and_then(document::number).unwrap_or_default();
                // Numbers of several types are one form.
                *owners.entry(owner).or_default().entry(medium).or_default() += count as u64;
            }
        }
        Ok(owners)
    }
}

/// Makes of the driver's error ours.
fn failed(doing: &str) -> impl FnOnce(mongodb::error::Error) -> Error + '_ {
    move |error| Error::Database { doing: doing.into(), is_transient: is_transient(&error), source: error.into() }
}

/// "Not primary", "shutting down", "interrupted" and the like, as the drivers' specification of retries lists them, and
/// 64, a majority that has not confirmed in time.
const TRANSIENT_CODES: [i32; 14] = [11600, 11602, 10107, 13435, 13436, 189, 91, 7, 6, 89, 9001, 134, 262, 64];

/// Whether the servers may be in order again in a while.
fn is_transient(error: &mongodb::error::Error) -> bool {
    use mongodb::error::{ErrorKind, RETRYABLE_WRITE_ERROR};
    match error.kind.as_ref() {
        ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. } | ErrorKind::ServerSelection { .. } => true,
        ErrorKind::Command(command) if TRANSIENT_CODES.contains(&command.code) => true,
        _ => error.contains_label(RETRYABLE_WRITE_ERROR),
    }
}

/// Reads until it is read.
async fn repeat<T, F>(doing: &str, read: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = mongodb::error::Result<T>>,
{
    insist(|| read().map_err(failed(doing))).await
}

/// Does what is harmless to do twice, until it is done.
async fn insist<T, F: Future<Output = Result<T>>>(attempt: impl Fn() -> F) -> Result<T> {
    let mut backoff = Backoff::new();
    loop {
        // In a box, for the driver's futures are kilobytes large, and so would be all that wait for them.
        match Box::pin(attempt()).await {
            Err(error) if error.class() == Class::Transient && backoff.again().await => {
                tracing::debug!(attempt = backoff.attempts(), chain = ?error.chain(), "trying again");
            }
            outcome => return outcome,
        }
    }
}

/// A value as text, for messages.
fn plain(value: &Bson) -> String {
    match value {
        Bson::String(text) => text.clone(),
        other => other.to_string(),
    }
}
