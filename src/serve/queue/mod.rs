//! Which worker does which job, and when.
//!
//! The store holds every job and decides who has it: a claim is fenced there. A queue only carries the news that a job is
//! due to a worker that is free. It may lose, repeat and reorder that news: [`Queue::rebuild`] says it again, and a claim
//! that comes twice finds nothing to claim.
//!
//! * `contract` — what a queue does.
//! * `embedded` — the workers of one process, or of several that look into the same database.
//! * `jetstream` — any number of machines, on NATS.

mod contract;
mod embedded;
mod jetstream;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::config::ServiceConfig;
use crate::error::Result;

use super::store::Store;

pub use contract::{Queue, Taken, Ticket};
use embedded::Embedded;
use jetstream::JetStream;

/// The queue that the settings name, for the jobs in a store. Its waits end when `stopping` is cancelled.
///
/// # Errors
/// [`ConfigError::Setting`](crate::error::ConfigError::Setting) for addresses that are none.
pub async fn open(config: &ServiceConfig, store: &Store, stopping: &CancellationToken) -> Result<Arc<dyn Queue>> {
    Ok(match &config.queue {
        None => Arc::new(Embedded::new(store.clone(), stopping.clone())),
        Some(servers) => {
            Arc::new(JetStream::connect(servers, &config.database, store.clone(), stopping.clone()).await?)
        }
    })
}
