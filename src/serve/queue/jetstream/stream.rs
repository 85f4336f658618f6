//! The stream and its consumers. They are created when they are missing, so a server may lose all data.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_nats::jetstream::Context;
use async_nats::jetstream::account::Account;
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType, Stream};

use crate::error::{Cause, Error, Result, ServeError};
use crate::serve::jobs::Kind;
use crate::serve::store::LEASE;

use super::subject::{self, Names};

/// How long a message stays in the stream. Jobs that are due later are announced again in time.
const KEPT: Duration = Duration::from_hours(24);

/// The size limit of the stream: enough for several hundred thousand messages.
const MOST_BYTES: i64 = 64 << 20;

/// How long unused consumers are kept, such as those of recipes that no worker has any more.
const UNUSED: Duration = Duration::from_hours(24);

/// Turns an error of NATS into ours: `failed("connect")`.
pub fn failed<E: Into<Cause>>(doing: &'static str) -> impl FnOnce(E) -> Error {
    move |source| Error::Serve(ServeError::Queue { doing, source: source.into() })
}

/// The stream of a service; created if it is missing.
pub async fn stream(context: &Context, names: &Names) -> Result<Stream> {
    let config = Config {
        name: names.stream(),
        description: Some("due jobs of telecine".into()),
        subjects: vec![names.all()],
        retention: RetentionPolicy::WorkQueue,
        storage: StorageType::File,
        discard: DiscardPolicy::New,
        max_age: KEPT,
        max_bytes: MOST_BYTES,
        ..Config::default()
    };
    context.get_or_create_stream(config).await.map_err(failed("open the stream"))
}

/// The consumers that workers of this process use.
#[derive(Debug)]
pub struct Consumers {
    context: Context,
    names: Names,
    known: Mutex<HashMap<String, PullConsumer>>,
}

impl Consumers {
    /// Starts without consumers.
    pub fn new(context: Context, names: Names) -> Consumers {
        Consumers { context, names, known: Mutex::default() }
    }

    /// The consumer from which workers with a recipe take jobs of a kind; created if it is missing.
    pub async fn of(&self, kind: Kind, recipe: &str) -> Result<PullConsumer> {
        let name = subject::consumer(kind, recipe);
        if let Some(consumer) = self.known().get(&name) {
            return Ok(consumer.clone());
        }
        let config = pull::Config {
            durable_name: Some(name.clone()),
            ack_policy: AckPolicy::Explicit,
            // The same as the lease of a claim. Renewing a claim also extends its message.
            ack_wait: LEASE,
            // The store limits attempts. With a limit here, messages over it would stay in the stream for ever.
            max_deliver: -1,
            // Delayed messages count here.
            max_ack_pending: -1,
            filter_subject: self.names.taken_by(kind, recipe),
            inactive_threshold: UNUSED,
            ..pull::Config::default()
        };
        let stream = stream(&self.context, &self.names).await?;
        let consumer = stream.get_or_create_consumer(&name, config).await.map_err(failed("open a consumer"))?;
        self.known().insert(name, consumer.clone());
        Ok(consumer)
    }

    /// Deletes the messages for workers with these recipes.
    pub async fn purge(&self, recipes: &[String]) -> Result<()> {
        if recipes.is_empty() {
            return Ok(());
        }
        let stream = stream(&self.context, &self.names).await?;
        for recipe in recipes {
            stream.purge().filter(self.names.of_recipe(recipe)).await.map_err(failed("purge the stream"))?;
        }
        Ok(())
    }

    /// The server's report of its storage.
    pub async fn account(&self) -> Result<Account> {
        self.context.query_account().await.map_err(failed("report on JetStream"))
    }

    /// Forgets a consumer, so that its next use checks whether it exists.
    pub fn forget(&self, kind: Kind, recipe: &str) {
        self.known().remove(&subject::consumer(kind, recipe));
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, PullConsumer>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
