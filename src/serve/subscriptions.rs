//! The operator's management of webhook endpoints, independent of a running service.

use jiff::Timestamp;

use crate::config::Config;
use crate::error::Result;
use crate::remote::Mongo;

use super::outbox::{Client, Receivers};
use super::store::Store;
use super::webhooks::{Endpoint, Event, EventType, Text, test_id};

/// The endpoints that subscribe to events.
#[derive(Debug, Clone)]
pub struct Subscriptions {
    store: Store,
    receivers: Client,
}

impl Subscriptions {
    /// Opens the service's database.
    ///
    /// # Errors
    /// If a setting is invalid, or the database does not respond.
    pub async fn open(config: &Config) -> Result<Subscriptions> {
        let settings = config.service()?;
        let store = Store::open(&Mongo::connect(config).await?, &settings.database).await?;
        Ok(Subscriptions { store, receivers: Client::new(Receivers::of(&settings))? })
    }

    /// Adds an endpoint for these events, or for all if the list is empty. Returns it with its secret.
    ///
    /// # Errors
    /// [`ServeError::RefusedAddress`](crate::error::ServeError::RefusedAddress); if the database cannot be written.
    pub async fn add(&self, url: &str, events: &[EventType]) -> Result<Endpoint> {
        let receiver = self.receivers.accept_endpoint(url)?;
        self.receivers.look_up(&receiver).await?;
        self.store.add_endpoint(receiver.url.as_str(), events).await
    }

    /// All endpoints, oldest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn list(&self) -> Result<Vec<Endpoint>> {
        self.store.endpoints().await
    }

    /// Sends an event of the type `webhook.test` at once and without retries, even to a disabled endpoint. `None` if
    /// there is no such endpoint.
    ///
    /// # Errors
    /// If the endpoint does not accept it, or the database cannot be read.
    pub async fn test(&self, id: &str) -> Result<Option<()>> {
        let Some(endpoint) = self.store.endpoint(id).await? else { return Ok(None) };
        let now = Timestamp::now();
        let body = Event::Test { endpoint: Text(&endpoint.id) }.body(None, now);
        let receiver = self.receivers.accept_endpoint(&endpoint.url)?;
        self.receivers.post(&receiver, &test_id(), body, &endpoint.secrets(now)).await.map(Some)
    }

    /// Gives an endpoint a new secret; the old one also signs for a day. `None` if there is no such endpoint.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn rotate(&self, id: &str) -> Result<Option<Endpoint>> {
        self.store.rotate_secret(id).await
    }

    /// Enables a disabled endpoint, for events from now on. `None` if there is no such endpoint.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn enable(&self, id: &str) -> Result<Option<Endpoint>> {
        self.store.enable_endpoint(id).await
    }

    /// Removes an endpoint, which receives nothing more, not even pending events. `None` if there is no such endpoint.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn remove(&self, id: &str) -> Result<Option<()>> {
        self.store.remove_endpoint(id).await.map(|was_there| was_there.then_some(()))
    }
}
