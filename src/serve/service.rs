//! Everything that the service is made of, connected.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, ServiceConfig};
use crate::error::Result;
use crate::remote::Waits;
use crate::sync::{Policy, Services};
use crate::video::{Preset, fingerprint};

use super::feed::Feed;
use super::jobs::{Job, Work};
use super::metrics::Metrics;
use super::outbox::{Client, Deliveries, Receivers};
use super::queue::{self, Queue};
use super::store::Store;

/// Everything that the service is made of.
pub struct Service {
    /// What it talks to, and computes with.
    pub services: Services,
    /// Its own database.
    pub store: Store,
    /// What brings jobs to workers.
    pub queue: Arc<dyn Queue>,
    /// What happens to jobs, for who watches.
    pub feed: Feed,
    /// How many watch it.
    pub watchers: Arc<AtomicUsize>,
    /// What is counted and measured.
    pub metrics: Metrics,
    /// What tells receivers.
    pub receivers: Client,
    /// What endpoints are being told.
    pub deliveries: Deliveries,
    /// Its settings.
    pub config: ServiceConfig,
    /// What tapes are encoded by.
    pub preset: Preset,
    /// Which records there should be.
    pub policy: Policy,
    /// The name of this process among workers.
    pub worker: String,
    /// What tells its videos from those of others: see [`fingerprint`].
    pub recipe: String,
    /// When it started.
    pub started: Timestamp,
    /// Cancelled when no more work is to be begun.
    pub stopping: CancellationToken,
    /// Cancelled when work that has been begun is to end.
    pub ending: CancellationToken,
}

impl Service {
    /// Connects to everything that the configuration names.
    ///
    /// # Errors
    /// When a setting is wrong, or a server does not answer.
    ///
    /// # Panics
    /// When the system has no more threads.
    pub async fn connect(config: &Config, preset: Preset, policy: Policy, stopping: CancellationToken) -> Result<Self> {
        let settings = config.service()?;
        let ending = CancellationToken::new();
        // Whoever waits for a server is stopped first: it has nothing in its hands.
        let services = Services::connect(config, Waits::new(PATIENCE, stopping.clone())).await?;
        let store = Store::open(&services.mongo, &settings.database).await?;
        let recipe = fingerprint(&preset)?;
        let worker = format!("worker-{:06x}", fastrand::u32(..) >> 8);
        Ok(Service {
            queue: queue::open(&settings, &store, &stopping).await?,
            store,
            services,
            feed: Feed::new(&worker),
            watchers: Arc::default(),
            metrics: Metrics::new(),
            receivers: Client::new(Receivers::of(&settings))?,
            deliveries: Deliveries::default(),
            config: settings,
            preset,
            policy,
            recipe,
            worker,
            started: Timestamp::now(),
            stopping,
            ending,
        })
    }

    /// Asks for work, and wakes who does it; see [`Store::submit`].
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn submit(&self, work: &Work, delay: Duration, hints: bool) -> Result<Job> {
        let job = self.store.submit(work, &self.recipe, delay, hints).await?;
        self.queue.push(&job);
        Ok(job)
    }

    /// Asks for work that is done once, and wakes who does it; see [`Store::submit_once`].
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn submit_once(&self, work: &Work) -> Result<()> {
        let job = self.store.submit_once(work, &self.recipe).await?;
        self.queue.push(&job);
        Ok(())
    }

    /// Waits that long, or until no more work is to be begun.
    pub async fn pause(&self, length: Duration) {
        tokio::select! {
            () = tokio::time::sleep(length) => {}
            () = self.stopping.cancelled() => {}
        }
    }

    /// Begins a job anew, and wakes who does it; `None` if there is none that could be.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn retry(&self, id: &str) -> Result<Option<Job>> {
        let job = self.store.retry(id).await?;
        if let Some(job) = &job {
            self.queue.push(job);
        }
        Ok(job)
    }
}

/// For how long a job waits for a server's rate limit with its hands full; what takes longer is tried again later.
const PATIENCE: Duration = Duration::from_mins(2);
