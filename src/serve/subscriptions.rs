//! Who subscribes to events, as the operator looks after it beside the service.

use jiff::Timestamp;

use crate::config::Config;
use crate::error::Result;
use crate::remote::Mongo;

use super::outbox::{Client, Receivers};
use super::store::Store;
use super::webhooks::{Endpoint, Event, EventType, Text, test_id};

/// Who subscribes to events.
#[derive(Debug, Clone)]
pub struct Subscriptions {
    store: Store,
    receivers: Client,
}

impl Subscriptions {
    /// Opens the service's database.
    ///
    /// # Errors
    /// When a setting is wrong, or the database does not answer.
    pub async fn open(config: &Config) -> Result<Subscriptions> {
        let settings = config.service()?;
        let store = Store::open(&Mongo::connect(config).await?, &settings.database).await?;
        Ok(Subscriptions { store, receivers: Client::new(Receivers::of(&settings))? })
    }

    /// Subscribes a public address to these events, or to all if there are none. The endpoint has its secret.
    ///
    /// # Errors
    /// [`ServeError::RefusedAddress`](crate::error::ServeError::RefusedAddress); when the database cannot be written.
    pub async fn add(&self, url: &str, events: &[EventType]) -> Result<Endpoint> {
        let receiver = self.receivers.accept_endpoint(url)?;
        self.receivers.look_up(&receiver).await?;
        self.store.add_endpoint(receiver.url.as_str(), events).await
    }

    /// All endpoints, the oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn list(&self) -> Result<Vec<Endpoint>> {
        self.store.endpoints().await
    }

    /// Sends an event of the type `webhook.test` at once, even to an endpoint that is disabled, and once only. `None` if there
    /// is no such endpoint.
    ///
    /// # Errors
    /// What keeps the endpoint from taking it; when the database cannot be read.
    pub async fn test(&self, id: &str) -> Result<Option<()>> {
        let Some(endpoint) = self.store.endpoint(id).await? else { return Ok(None) };
        let now = Timestamp::now();
        let body = Event::Test { endpoint: Text(&endpoint.id) }.body(None, now);
        let receiver = self.receivers.accept_endpoint(&endpoint.url)?;
        self.receivers.post(&receiver, &test_id(), body, &endpoint.secrets(now)).await.map(Some)
    }

    /// Gives an endpoint a new secret; the old one signs as well for a day. `None` if there is no such endpoint.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn rotate(&self, id: &str) -> Result<Option<Endpoint>> {
        self.store.rotate_secret(id).await
    }

    /// Lets an endpoint that was disabled be told of what happens from now on. `None` if there is no such endpoint.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn enable(&self, id: &str) -> Result<Option<Endpoint>> {
        self.store.enable_endpoint(id).await
    }

    /// Forgets an endpoint, which gets nothing more, not even what is under way. `None` if there is no such endpoint.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn remove(&self, id: &str) -> Result<Option<()>> {
        self.store.remove_endpoint(id).await.map(|was_there| was_there.then_some(()))
    }
}
