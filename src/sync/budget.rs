//! What all accounts share: items in work, and memory for what decodes.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::error::Result;

use super::tasks::blocking;

/// What memory is counted in.
const UNIT: u64 = 1 << 20;

/// Bytes that all decoders may have at once: two of the largest paintings, one for each of two cores, of 7 bytes a pixel while
/// alpha is added.
const MEMORY: u64 = 224 << 20;

/// What a process may have under way, however many accounts it works on.
#[derive(Debug, Clone)]
pub struct Budget {
    items: Arc<Semaphore>,
    encoders: Arc<Semaphore>,
    memory: Arc<Semaphore>,
}

/// A share of it, which is given back when it is dropped.
pub type Share = OwnedSemaphorePermit;

impl Budget {
    /// For so many threads.
    #[must_use]
    pub fn new(threads: usize) -> Self {
        let semaphore = |count| Arc::new(Semaphore::new(count));
        Budget {
            items: semaphore(items(threads)),
            // Each keeps a thread busy at least.
            encoders: semaphore(threads),
            memory: semaphore((MEMORY / UNIT) as usize),
        }
    }

    /// Waits until another item may be begun: its files fetched, made and uploaded.
    ///
    /// # Panics
    /// Never: nobody closes it.
    pub async fn item(&self) -> SemaphorePermit<'_> {
        self.items.acquire().await.expect("nobody closes it")
    }

    /// Waits until another tape may be encoded.
    ///
    /// # Panics
    /// Never: nobody closes it.
    pub async fn encoder(&self) -> Share {
        self.encoders.clone().acquire_owned().await.expect("nobody closes it")
    }

    /// Waits until there are so many bytes of memory; for what takes more than all there is, until nobody has any.
    ///
    /// # Panics
    /// Never: nobody closes it.
    pub async fn memory(&self, bytes: u64) -> Share {
        let units = bytes.div_ceil(UNIT).clamp(1, MEMORY / UNIT) as u32;
        self.memory.clone().acquire_many_owned(units).await.expect("nobody closes it")
    }
}

/// Items in work on that many threads: enough to keep them busy while others download and upload. Each has its files in
/// the temporary folder meanwhile.
#[must_use]
pub fn items(threads: usize) -> usize {
    2 * threads + 2
}

/// Runs what takes a while on a thread of its own, and gives the share back when it ends: it goes on when nobody waits
/// for it any more.
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
