//! Keeps the queue and the jobs in step with the store and the present workers.
//!
//! A queue may have lost announcements, and all workers with the recipe of a job may be gone, for example after an
//! update. Both are repaired within a minute.

use std::time::Duration;

use crate::error::Result;

use super::queue::Queue;
use super::service::Service;
use super::store::{Process, Store};

/// The delay of the first check after the start of a process, so that the others know it.
const FIRST: Duration = Duration::from_secs(5);

/// The interval of checks.
const EVERY: Duration = Duration::from_mins(1);

/// Rebuilds regularly until `service.stopping` is cancelled.
pub async fn keep(service: &Service) {
    service.pause(FIRST).await;
    while !service.stopping.is_cancelled() {
        match rebuild(&service.store, service.queue.as_ref()).await {
            Ok(0) => {}
            Ok(jobs) => tracing::info!(jobs, "the queue lacked due jobs"),
            Err(error) => tracing::warn!(chain = ?error.chain(), "cannot rebuild the queue"),
        }
        service.pause(EVERY).await;
    }
}

/// Gives jobs without a suitable worker to the present workers, and announces all due jobs to the queue. Returns the
/// number of jobs that the queue did not know.
///
/// # Errors
/// If the database or the queue does not respond.
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
