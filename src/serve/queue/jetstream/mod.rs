//! The queue of many machines: NATS carries the ids of jobs, the store holds everything else.
//!
//! A message has no body: its subject names a job and the time at which it is due. It stays in the stream until the job
//! ends or is due at another time. Deliveries are not counted, because the store counts attempts.
//!
//! While the server does not respond, workers poll the store.

mod fate;
mod news;
mod stream;
mod subject;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::message::Acker;
use async_nats::jetstream::{self, AckKind, Message};
use async_nats::{ConnectOptions, Event, ServerAddr};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;

use crate::error::{ConfigError, Error, Result};
use crate::serve::jobs::{Job, Kind};
use crate::serve::store::{Claimant, Store};

use super::contract::{Queue, Taken, Ticket};
use fate::{Fate, fate};
use news::News;
use stream::{Consumers, failed};
use subject::{Names, read};

/// The time limit of a request to the server.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a worker waits for a message before it asks again. A server that was restarted has forgotten the request; on
/// the other hand, a worker without work sends one for each kind of job.
const WAIT: Duration = Duration::from_secs(5);

/// How long a message may be on its way.
const ARRIVAL: Duration = Duration::from_millis(200);

/// The pause of workers between two polls of the store.
const REST: Duration = Duration::from_secs(5);

/// [`Queue::rebuild`] announces jobs that are due within this time, which is longer than the interval of rebuilds.
const SOON: Duration = Duration::from_mins(2);

/// A queue on a NATS server.
#[derive(Debug)]
pub struct JetStream {
    client: async_nats::Client,
    names: Names,
    store: Store,
    consumers: Consumers,
    news: News,
    stopping: CancellationToken,
    /// Whether the last request for messages succeeded.
    works: AtomicBool,
}

impl JetStream {
    /// A queue for the jobs in a store, on the servers with these addresses, separated by commas. They need not be up
    /// yet. `database` distinguishes services that share a server.
    ///
    /// # Errors
    /// [`ConfigError::Setting`] if an address is invalid.
    pub async fn connect(
        servers: &SecretString,
        database: &str,
        store: Store,
        stopping: CancellationToken,
    ) -> Result<JetStream> {
        let servers: std::result::Result<Vec<ServerAddr>, _> =
            servers.expose_secret().split(',').map(|server| server.trim().parse()).collect();
        // Addresses may contain passwords.
        let wrong = |_| {
            let what = "is not an address such as nats://host:4222".into();
            Error::Config(ConfigError::Setting { name: "TELECINE_QUEUE", what })
        };
        let options = ConnectOptions::new().name("telecine").retry_on_initial_connect().event_callback(told);
        let client = options.connect(servers.map_err(wrong)?).await.map_err(failed("connect"))?;
        let mut context = jetstream::new(client.clone());
        context.set_timeout(PATIENCE);
        let names = Names::of(database);
        Ok(JetStream {
            client,
            consumers: Consumers::new(context.clone(), names.clone()),
            news: News::publish(context, names.clone()),
            names,
            store,
            stopping,
            works: AtomicBool::new(true),
        })
    }

    async fn claim(&self, kind: Kind, claimant: Claimant<'_>) -> Result<Option<Taken>> {
        let received = self.receive(kind, claimant.recipe).await;
        let works = received.is_ok();
        if self.works.swap(works, Ordering::Relaxed) != works {
            match &received {
                Ok(_) => tracing::info!("jobs come from NATS again"),
                Err(error) => {
                    tracing::warn!(chain = ?error.chain(), "no jobs come from NATS; workers poll the database");
                }
            }
        }
        match received {
            Ok(Some(message)) => self.claim_named(message, claimant).await,
            Ok(None) => Ok(None),
            Err(_) => {
                // The stream may be gone; if so, it is created again.
                self.consumers.forget(kind, claimant.recipe);
                self.claim_unnamed(kind, claimant).await
            }
        }
    }

    /// The next message for a kind of job and a recipe, if one arrives within [`WAIT`] and before a stop.
    async fn receive(&self, kind: Kind, recipe: &str) -> Result<Option<Message>> {
        // The client would keep the request until the server is back, and say nothing.
        if self.client.connection_state() == State::Disconnected {
            return Err(failed("ask for a message")("connection is lost"));
        }
        let consumer = self.consumers.of(kind, recipe).await?;
        let mut pulling = std::pin::pin!(next(&consumer));
        tokio::select! {
            biased;
            received = &mut pulling => received,
            () = self.stopping.cancelled() => {
                // A message on its way goes to another worker at once, and not only after its time.
                if let Ok(Ok(Some(message))) = tokio::time::timeout(ARRIVAL, pulling).await {
                    answer(&message.split().1, AckKind::Nak(None)).await;
                }
                Ok(None)
            }
        }
    }

    /// Claims the job that a message names.
    async fn claim_named(&self, message: Message, claimant: Claimant<'_>) -> Result<Option<Taken>> {
        let (message, acker) = message.split();
        let subject = message.subject.as_str();
        let Some((id, _)) = read(subject) else {
            tracing::warn!(subject, "deleted a message that names no job");
            answer(&acker, AckKind::Term).await;
            return Ok(None);
        };
        if let Some(claim) = self.store.claim_job(id, claimant).await? {
            let ticket = Box::new(Delivered { acker: Some(acker), news: self.news.clone() });
            return Ok(Some(Taken { claim, ticket }));
        }
        let found = self.store.job_now(id).await?;
        let now = found.as_ref().map_or(jiff::Timestamp::UNIX_EPOCH, |(_, now)| *now);
        let kind = match fate(&self.names, subject, found.as_ref().map(|(job, _)| job), now) {
            Fate::Over => AckKind::Ack,
            Fate::Later(delay) => AckKind::Nak(Some(delay)),
        };
        answer(&acker, kind).await;
        Ok(None)
    }

    /// Claims a job without a message.
    async fn claim_unnamed(&self, kind: Kind, claimant: Claimant<'_>) -> Result<Option<Taken>> {
        if let Some(claim) = self.store.claim(kind, claimant).await? {
            let ticket = Box::new(Delivered { acker: None, news: self.news.clone() });
            return Ok(Some(Taken { claim, ticket }));
        }
        tokio::select! {
            () = tokio::time::sleep(REST) => {}
            () = self.stopping.cancelled() => {}
        }
        Ok(None)
    }
}

impl Queue for JetStream {
    fn push(&self, job: &Job) {
        if let Some(due) = job.next_look() {
            self.news.tell(due);
        }
    }

    fn take<'a>(&'a self, kind: Kind, claimant: Claimant<'a>) -> BoxFuture<'a, Result<Option<Taken>>> {
        self.claim(kind, claimant).boxed()
    }

    fn rebuild<'a>(&'a self, gone: &'a [String]) -> BoxFuture<'a, Result<u64>> {
        let rebuilt = async {
            self.consumers.purge(gone).await?;
            let upcoming = self.store.upcoming(SOON).await?;
            self.news.tell_all(upcoming).await
        };
        rebuilt.boxed()
    }

    fn look(&self) -> BoxFuture<'_, Result<String>> {
        let looked = async {
            let used = self.consumers.account().await?.storage;
            Ok(format!("NATS has JetStream, which stores {used} bytes"))
        };
        looked.boxed()
    }
}

/// A job that a message named, or that a poll found.
struct Delivered {
    acker: Option<Acker>,
    news: News,
}

impl Ticket for Delivered {
    fn extend(&self) -> BoxFuture<'_, ()> {
        async {
            if let Some(acker) = &self.acker {
                answer(acker, AckKind::Progress).await;
            }
        }
        .boxed()
    }

    fn give_back<'a>(&'a self, job: Option<&'a Job>) -> BoxFuture<'a, ()> {
        async move {
            // If another worker has the job, it has the message, too.
            let Some(job) = job else { return };
            if let Some(due) = job.next_look() {
                self.news.tell(due);
            }
            if let Some(acker) = &self.acker {
                answer(acker, AckKind::Ack).await;
            }
        }
        .boxed()
    }
}

/// The next message for a consumer, if one arrives within [`WAIT`].
async fn next(consumer: &PullConsumer) -> Result<Option<Message>> {
    let batch = consumer.batch().max_messages(1).expires(WAIT).messages().await;
    let mut batch = batch.map_err(failed("ask for a message"))?;
    let message = tokio::time::timeout(WAIT + PATIENCE, batch.next()).await;
    match message.map_err(failed("wait for a message"))? {
        Some(message) => message.map(Some).map_err(|source| failed("receive a message")(source)),
        None => Ok(None),
    }
}

/// Tells the server what to do with a message. If this is lost, the message comes again and causes no work.
async fn answer(acker: &Acker, kind: AckKind) {
    if let Err(error) = acker.ack_with(kind).await {
        tracing::debug!(%error, "cannot acknowledge a message");
    }
}

/// Logs what happens to the connection.
async fn told(event: Event) {
    match event {
        Event::Connected => tracing::info!("connected to NATS"),
        Event::Disconnected => tracing::warn!("not connected to NATS"),
        // One for each try to connect again.
        Event::ClientError(error) => tracing::debug!(%error, "NATS"),
        other => tracing::warn!(event = %other, "NATS"),
    }
}
