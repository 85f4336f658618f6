//! Limits that all accounts share: items in progress, and memory of decoders.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::error::Result;

use super::tasks::blocking;

/// The unit of memory.
const UNIT: u64 = 1 << 20;

/// The memory of all decoders in bytes: two of the largest paintings, one per core on two cores, with 7 bytes per pixel
/// while alpha is multiplied.
const MEMORY: u64 = 224 << 20;

/// The limits of a process, however many accounts it processes.
#[derive(Debug, Clone)]
pub struct Budget {
    items: Arc<Semaphore>,
    encoders: Arc<Semaphore>,
    memory: Arc<Semaphore>,
}

/// A share of a limit, returned on drop.
pub type Share = OwnedSemaphorePermit;

impl Budget {
    /// The limits for this many threads.
    #[must_use]
    pub fn new(threads: usize) -> Self {
        let semaphore = |count| Arc::new(Semaphore::new(count));
        Budget {
            items: semaphore(items(threads)),
            // Each encoder keeps at least one thread busy.
            encoders: semaphore(threads),
            memory: semaphore((MEMORY / UNIT) as usize),
        }
    }

    /// Waits until another item may start: fetching, making and uploading its files.
    ///
    /// # Panics
    /// Never: the semaphore is not closed.
    pub async fn item(&self) -> SemaphorePermit<'_> {
        self.items.acquire().await.expect("the semaphore is not closed")
    }

    /// Waits until another tape may be encoded.
    ///
    /// # Panics
    /// Never: the semaphore is not closed.
    pub async fn encoder(&self) -> Share {
        self.encoders.clone().acquire_owned().await.expect("the semaphore is not closed")
    }

    /// Waits until this many bytes of memory are available; for more than the whole budget, until all of it is free.
    ///
    /// # Panics
    /// Never: the semaphore is not closed.
    pub async fn memory(&self, bytes: u64) -> Share {
        let units = bytes.div_ceil(UNIT).clamp(1, MEMORY / UNIT) as u32;
        self.memory.clone().acquire_many_owned(units).await.expect("the semaphore is not closed")
    }
}

/// The number of items in progress for this many threads: enough to keep them busy during downloads and uploads. Each
/// has files in the temporary folder.
#[must_use]
pub fn items(threads: usize) -> usize {
    2 * threads + 2
}

/// Runs blocking work on its own thread, and returns the share when it ends: the work continues even if its future is
/// dropped.
///
/// # Errors
/// As [`blocking`].
pub async fn blocking_with<T: Send + 'static>(
    share: Share,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    blocking(move || {
        let done = work();
        drop(share);
        done
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn work_keeps_its_share_until_it_ends_whether_somebody_waits_for_it_or_not() {
        let budget = Budget::new(1);
        let (end, ends) = mpsc::channel::<()>();
        let work = tokio::spawn(blocking_with(budget.encoder().await, move || {
            let _ = ends.recv();
            Ok(())
        }));
        tokio::task::yield_now().await;
        work.abort();
        assert!(work.await.unwrap_err().is_cancelled());
        assert_eq!(budget.encoders.available_permits(), 0);
        end.send(()).unwrap();
        drop(budget.encoder().await);
    }

    #[tokio::test]
    async fn what_takes_more_than_there_is_takes_it_all() {
        let budget = Budget::new(1);
        let share = budget.memory(u64::MAX).await;
        assert_eq!(budget.memory.available_permits(), 0);
        drop(share);
        assert_eq!(budget.memory(1).await.num_permits(), 1);
    }
}
