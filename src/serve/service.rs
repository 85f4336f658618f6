//! The parts of the service, connected.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, ServiceConfig};
use crate::error::{Error, FileError, Result};
use crate::remote::Waits;
use crate::sync::{Policy, Services};
use crate::video::{Preset, fingerprint};

use super::feed::Feed;
use super::jobs::{Job, Work};
use super::metrics::Metrics;
use super::outbox::{Client, Deliveries, Receivers};
use super::queue::{self, Queue};
use super::store::Store;

/// The parts of the service.
pub struct Service {
    /// The services of a sync, and the encoder.
    pub services: Services,
    /// The service's own database.
    pub store: Store,
    /// The queue that distributes jobs to workers.
    pub queue: Arc<dyn Queue>,
    /// The changes of jobs, for watchers.
    pub feed: Feed,
    /// The number of watchers.
    pub watchers: Arc<AtomicUsize>,
    /// The metrics.
    pub metrics: Metrics,
    /// The client for receivers.
    pub receivers: Client,
    /// The webhooks in flight.
    pub deliveries: Deliveries,
    /// Its settings.
    pub config: ServiceConfig,
    /// The preset for tapes.
    pub preset: Preset,
    /// The policy on records.
    pub policy: Policy,
    /// The name of this process among workers.
    pub worker: String,
    /// The fingerprint of its videos: see [`fingerprint`].
    pub recipe: String,
    /// When it started.
    pub started: Timestamp,
    /// Cancelled when no more work may start.
    pub stopping: CancellationToken,
    /// Cancelled when running work must end.
    pub ending: CancellationToken,
}

impl Service {
    /// Connects to the configured services.
    ///
    /// # Errors
    /// If a setting is invalid, or a server does not respond.
    ///
    /// # Panics
    /// If the system has no more threads.
    pub async fn connect(config: &Config, preset: Preset, policy: Policy, stopping: CancellationToken) -> Result<Self> {
        let settings = config.service()?;
        let ending = CancellationToken::new();
        // Work that waits for a server is stopped first, because it holds nothing.
        let services =
            Services::connect(config, Waits::endless(PATIENCE, PATIENCE_FOR_ACCOUNT, stopping.clone())).await?;
        let store = Store::open(&services.mongo, &settings.database).await?;
        let recipe = match fingerprint(&preset) {
            // Requests are accepted without a disk. No other worker has this recipe, so that this one gets no jobs of others.
            Err(Error::File(FileError::Scratch { .. })) => format!("{}+unknown", preset.versioned_name()),
            made => made?,
        };
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

    /// Submits work, and wakes a worker; see [`Store::submit`].
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn submit(&self, work: &Work, delay: Duration, hints: bool) -> Result<Job> {
        let job = self.store.submit(work, &self.recipe, delay, hints).await?;
        self.queue.push(&job);
        Ok(job)
    }

    /// Submits work that is done only once, and wakes a worker; see [`Store::submit_once`].
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn submit_once(&self, work: &Work) -> Result<()> {
        let job = self.store.submit_once(work, &self.recipe).await?;
        self.queue.push(&job);
        Ok(())
    }

    /// Waits that long, or until no more work may start.
    pub async fn pause(&self, length: Duration) {
        tokio::select! {
            () = tokio::time::sleep(length) => {}
            () = self.stopping.cancelled() => {}
        }
    }

    /// Retries a job, and wakes a worker; `None` if there is no job to retry.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn retry(&self, id: &str) -> Result<Option<Job>> {
        let job = self.store.retry(id).await?;
        if let Some(job) = &job {
            self.queue.push(job);
        }
        Ok(job)
    }
}

/// How long a job waits for a server's rate limit while it holds resources; with a longer wait, it is retried later.
const PATIENCE: Duration = Duration::from_mins(2);

/// The same for the limits of one account. Shorter, because jobs of other accounts can use the resources.
const PATIENCE_FOR_ACCOUNT: Duration = Duration::from_secs(5);
