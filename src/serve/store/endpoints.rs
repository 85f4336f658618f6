//! Endpoints that subscribe to events, and the state of their deliveries.

use std::time::Duration;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use jiff::fmt::serde::timestamp::millisecond;
use mongodb::Collection;
use mongodb::bson::{Document, doc};
use mongodb::options::ReturnDocument;
use serde::Deserialize;

use crate::error::Result;
use crate::remote::mongo::{failed, insist};
use crate::serve::webhooks::{Disabled, Endpoint, EventType, OldSecret, Reason, Secret};

use super::Store;
use super::expressions::{after, before, choose, literal, now};

/// How long a replaced secret still signs.
const OLD_SECRET: Duration = Duration::from_hours(24);

/// How long all deliveries to an endpoint may fail before it is disabled.
const PATIENCE: Duration = Duration::from_hours(120);

/// The longest time between two failures that count as one series. A failure of weeks ago says nothing about today.
const SILENCE: Duration = Duration::from_hours(48);

/// An endpoint as stored: the only type that serializes secrets.
#[derive(Deserialize)]
struct Stored {
    #[serde(rename = "_id")]
    id: String,
    url: String,
    events: Vec<String>,
    secret: String,
    old: Option<Old>,
    #[serde(with = "millisecond::required")]
    created: Timestamp,
    #[serde(default, with = "millisecond::optional")]
    failing: Option<Timestamp>,
    disabled: Option<Off>,
}

#[derive(Deserialize)]
struct Old {
    secret: String,
    #[serde(with = "millisecond::required")]
    until: Timestamp,
}

#[derive(Deserialize)]
struct Off {
    #[serde(with = "millisecond::required")]
    since: Timestamp,
    reason: Reason,
}

impl Stored {
    /// `None` if the stored secret is invalid.
    fn endpoint(self) -> Option<Endpoint> {
        let old = |old: Old| Some(OldSecret { secret: Secret::parse(&old.secret)?, until: old.until });
        Some(Endpoint {
            id: self.id,
            url: self.url,
            // A newer version may have stored types that this one does not know.
            events: self.events.iter().filter_map(|name| EventType::named(name)).collect(),
            secret: Secret::parse(&self.secret)?,
            old_secret: self.old.and_then(old),
            created: self.created,
            failing_since: self.failing,
            disabled: self.disabled.map(|Off { since, reason }| Disabled { since, reason }),
        })
    }
}

impl Store {
    /// Subscribes an address to these events, or to all if the list is empty. The endpoint gets a new secret.
    ///
    /// # Errors
    /// If the database cannot be written.
    ///
    /// # Panics
    /// Never: the database returns the inserted document.
    pub async fn add_endpoint(&self, url: &str, events: &[EventType]) -> Result<Endpoint> {
        let id = format!("ep_{:024x}", fastrand::u128(..) >> 32);
        let events: Vec<_> = events.iter().map(|event| event.name()).collect();
        let set = doc! {
            "url": literal(&url), "events": literal(&events), "secret": Secret::generate().expose(), "created": now(),
        };
        let add = || async {
            let endpoints = self.endpoints_stored();
            let added = endpoints.find_one_and_update(doc! { "_id": &id }, vec![doc! { "$set": set.clone() }]);
            added.upsert(true).return_document(ReturnDocument::After).await.map_err(failed("add an endpoint"))
        };
        let added = insist(add).await?.and_then(Stored::endpoint);
        Ok(added.expect("the database returns the inserted document"))
    }

    /// The endpoint with that id.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn endpoint(&self, id: &str) -> Result<Option<Endpoint>> {
        let read = || async {
            let found = self.endpoints_stored().find_one(doc! { "_id": id }).await;
            found.map_err(failed("read an endpoint"))
        };
        Ok(insist(read).await?.and_then(Stored::endpoint))
    }

    /// All endpoints, the oldest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn endpoints(&self) -> Result<Vec<Endpoint>> {
        let read = || async {
            let found = self.endpoints_stored().find(doc! {}).sort(doc! { "created": 1, "_id": 1 }).await;
            let found = found.map_err(failed("list endpoints"))?;
            found.try_collect::<Vec<_>>().await.map_err(failed("list endpoints"))
        };
        Ok(insist(read).await?.into_iter().filter_map(Stored::endpoint).collect())
    }

    /// The ids of the endpoints that subscribe to an event.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn subscribers(&self, event: EventType) -> Result<Vec<String>> {
        let wants = doc! { "$or": [{ "events": { "$size": 0 } }, { "events": event.name() }] };
        let filter = doc! { "$and": [wants, { "disabled": { "$exists": false } }] };
        let read = || async {
            let endpoints = self.database.collection::<Document>(ENDPOINTS);
            let found = endpoints.find(filter.clone()).projection(doc! { "_id": 1 }).await;
            found.map_err(failed("list endpoints"))?.try_collect::<Vec<_>>().await.map_err(failed("list endpoints"))
        };
        let found = insist(read).await?;
        Ok(found.iter().filter_map(|endpoint| endpoint.get_str("_id").ok()).map(str::to_owned).collect())
    }

    /// Gives an endpoint a new secret. The old one signs, too, for a while. `None` if there is no such endpoint.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn rotate_secret(&self, id: &str) -> Result<Option<Endpoint>> {
        let new = Secret::generate();
        let old = doc! { "secret": "$secret", "until": after(OLD_SECRET) };
        // A repetition must change nothing, or the old secret would be lost.
        let is_done = doc! { "$eq": ["$secret", new.expose()] };
        let set = doc! { "old": choose(is_done, "$old", old), "secret": new.expose() };
        self.change_endpoint(id, &[set], "rotate a secret").await
    }

    /// Enables an endpoint for events from now on. `None` if there is no such endpoint.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn enable_endpoint(&self, id: &str) -> Result<Option<Endpoint>> {
        let set = doc! { "disabled": "$$REMOVE", "failing": "$$REMOVE", "failed": "$$REMOVE" };
        self.change_endpoint(id, &[set], "enable an endpoint").await
    }

    /// Removes an endpoint. Returns whether it existed.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn remove_endpoint(&self, id: &str) -> Result<bool> {
        let remove = || async {
            let removed = self.endpoints_stored().delete_one(doc! { "_id": id }).await;
            removed.map_err(failed("remove an endpoint"))
        };
        Ok(insist(remove).await?.deleted_count > 0)
    }

    /// Stores that an endpoint has accepted a delivery.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn note_taken(&self, endpoint: &Endpoint) -> Result<()> {
        if endpoint.failing_since.is_none() {
            return Ok(());
        }
        let set = doc! { "failing": "$$REMOVE", "failed": "$$REMOVE" };
        self.change_endpoint(&endpoint.id, &[set], "note a delivery").await.map(|_| ())
    }

    /// Stores that a delivery to an endpoint has failed. After days of failures, the endpoint is disabled.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn note_not_taken(&self, endpoint: &Endpoint) -> Result<()> {
        let is_another = doc! { "$lt": [{ "$ifNull": ["$failed", 0] }, before(SILENCE)] };
        let failing = choose(is_another, now(), doc! { "$ifNull": ["$failing", now()] });
        let is_over = doc! { "$lte": ["$failing", before(PATIENCE)] };
        let steps = [
            doc! { "failing": failing, "failed": now() },
            doc! { "disabled": choose(is_over, disabled(Reason::Failing), "$disabled") },
        ];
        self.note_failure(endpoint, &steps).await
    }

    /// Disables an endpoint that is gone for good.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn note_gone(&self, endpoint: &Endpoint) -> Result<()> {
        self.note_failure(endpoint, &[doc! { "disabled": disabled(Reason::Gone) }]).await
    }

    async fn note_failure(&self, endpoint: &Endpoint, steps: &[Document]) -> Result<()> {
        let changed = self.change_endpoint(&endpoint.id, steps, "note a failed delivery").await?;
        if let Some(Disabled { reason, .. }) = changed.and_then(|changed| changed.disabled) {
            tracing::warn!(endpoint = endpoint.id, ?reason, "endpoint disabled");
        }
        Ok(())
    }

    /// Changes an endpoint in steps, because the fields of a step do not see each other's new values.
    async fn change_endpoint(&self, id: &str, steps: &[Document], doing: &str) -> Result<Option<Endpoint>> {
        let update: Vec<_> = steps.iter().map(|set| doc! { "$set": set.clone() }).collect();
        let attempt = || async {
            let endpoints = self.endpoints_stored();
            let changed = endpoints.find_one_and_update(doc! { "_id": id }, update.clone());
            changed.return_document(ReturnDocument::After).await.map_err(failed(doing))
        };
        Ok(insist(attempt).await?.and_then(Stored::endpoint))
    }

    fn endpoints_stored(&self) -> Collection<Stored> {
        self.database.collection(ENDPOINTS)
    }
}

const ENDPOINTS: &str = "endpoints";

/// The fields of a disabled endpoint; keeps the time and reason of the first time.
fn disabled(reason: Reason) -> Document {
    doc! { "$ifNull": ["$disabled", { "since": now(), "reason": literal(&reason) }] }
}
