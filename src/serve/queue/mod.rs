//! Distributes jobs to workers.
//!
//! The store holds every job and decides which worker has it: claims are fenced there. A queue only announces due jobs
//! to free workers. It may lose, repeat and reorder announcements: [`Queue::rebuild`] repeats them, and a second claim
//! finds nothing to claim.
//!
//! * `contract` — the interface of queues.
//! * `embedded` — the workers of one process, or of several with the same database.
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

/// The configured queue for the jobs in a store. Its waits end when `stopping` is cancelled.
///
/// # Errors
/// [`ConfigError::Setting`](crate::error::ConfigError::Setting) for invalid addresses.
pub async fn open(config: &ServiceConfig, store: &Store, stopping: &CancellationToken) -> Result<Arc<dyn Queue>> {
    Ok(match &config.queue {
        None => Arc::new(Embedded::new(store.clone(), stopping.clone())),
        Some(servers) => {
            Arc::new(JetStream::connect(servers, &config.database, store.clone(), stopping.clone()).await?)
        }
    })
}
