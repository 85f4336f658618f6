//! Keeps the queue and the jobs in step with what the store holds and with the workers that there are.
//!
//! A queue may have lost what it was told, and workers with the recipe of a job may all be gone, as after an update. Both
//! are found within a minute.

use std::time::Duration;

use crate::error::Result;

use super::queue::Queue;
use super::service::Service;
use super::store::{Process, Store};

/// How soon after its start a process looks for the first time: when the others know of it.
const FIRST: Duration = Duration::from_secs(5);

/// How often it looks.
const EVERY: Duration = Duration::from_mins(1);

/// Rebuilds again and again until `service.stopping` is cancelled.
pub async fn keep(service: &Service) {
    service.pause(FIRST).await;
    while !service.stopping.is_cancelled() {
        match rebuild(&service.store, service.queue.as_ref()).await {
            Ok(0) => {}
            Ok(jobs) => tracing::info!(jobs, "the queue did not know jobs that are due"),
            Err(error) => tracing::warn!(chain = ?error.chain(), "the queue cannot be rebuilt"),
        }
        service.pause(EVERY).await;
    }
}

/// Gives jobs that no worker could take to workers that there are, and tells the queue of all that are due. Returns how
/// many jobs the queue did not know.
///
/// # Errors
/// When the database or the queue does not answer.
pub async fn rebuild(store: &Store, queue: &dyn Queue) -> Result<u64> {
    let processes = store.present().await?;
    let workers: Vec<&Process> = processes.iter().filter(|process| process.role.works()).collect();
    let gone = match workers.iter().max_by_key(|worker| worker.started) {
        Some(newest) => {
            let kept: Vec<_> = workers.iter().map(|worker| worker.recipe.clone()).collect();
            store.change_recipes(&kept, &newest.recipe).await?
        }
        // They may be starting.
        None => Vec::new(),
    };
    queue.rebuild(&gone).await
}
