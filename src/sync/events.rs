//! Events of a sync, and its cancellation.
//!
//! Sending never blocks: there can be any number of listeners, and a slow one loses the oldest events. Therefore every
//! event carries the totals so far, and results are returned by calls, not only sent as events.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result};

use super::plan::AccountPlan;

/// The number of events that a listener may be behind before it loses the oldest.
const CAPACITY: usize = 256;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// An account has been planned for the first time.
    Planned {
        /// Its handle, or what else it is known by.
        account: String,
        /// The number of its items with work.
        items: usize,
    },
    /// Items or records have been processed, successfully or not.
    Done {
        /// The number of items.
        items: usize,
    },
    /// Blobs were uploaded.
    Uploaded {
        /// The number of bytes.
        bytes: u64,
    },
    /// An account is finished.
    Finished {
        /// Its handle, or what else it is known by.
        account: String,
        /// Whether it has failures.
        has_failures: bool,
    },
}

impl Event {
    pub(super) fn planned(plan: &AccountPlan) -> Event {
        let steps = plan.media.iter().flat_map(|(_, plan)| &plan.steps);
        Event::Planned { account: plan.account.name(), items: steps.filter(|step| step.has_work()).count() }
    }
}

/// Totals of all events so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Accounts that were planned.
    pub planned_accounts: usize,
    /// Their items with work.
    pub planned_items: usize,
    /// Processed items or records.
    pub items: usize,
    /// Uploaded bytes.
    pub uploaded: u64,
    /// Finished accounts.
    pub accounts: usize,
}

/// An event, and the totals up to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The event.
    pub event: Event,
    /// The totals.
    pub totals: Totals,
}

/// The sender of events.
#[derive(Debug, Clone)]
pub struct Events {
    totals: Arc<Mutex<Totals>>,
    sender: broadcast::Sender<Update>,
}

impl Default for Events {
    fn default() -> Self {
        Events { totals: Arc::default(), sender: broadcast::Sender::new(CAPACITY) }
    }
}

impl Events {
    /// Listens from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Update> {
        self.sender.subscribe()
    }

    pub(super) fn tell(&self, event: Event) {
        // Additions do not panic, so the totals are consistent even if the lock is poisoned.
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Planned { items, .. } => {
                totals.planned_accounts += 1;
                totals.planned_items += items;
            }
            Event::Done { items } => totals.items += items,
            Event::Uploaded { bytes } => totals.uploaded += bytes,
            Event::Finished { .. } => totals.accounts += 1,
        }
        // Sent under the lock, so that totals only grow. It may have no listeners.
        let _ = self.sender.send(Update { event, totals: *totals });
    }

    pub(super) fn done(&self, items: usize) {
        self.tell(Event::Done { items });
    }

    pub(super) fn uploaded(&self, bytes: u64) {
        self.tell(Event::Uploaded { bytes });
    }
}

/// The handle of the caller that starts work: receives events, and can stop the work after the current steps.
///
/// A wait for a rate limit can take hours; a stop also ends the waits of this work, but not those of other work with
/// the same [`Services`](super::Services). So the work ends by itself and returns the results so far.
#[derive(Debug, Clone, Default)]
pub struct Control {
    /// The events.
    pub events: Events,
    /// Cancelled to stop the work.
    pub stop: CancellationToken,
}

impl Control {
    /// Checks whether to continue.
    ///
    /// # Errors
    /// [`Error::Interrupted`] if not.
    pub(super) fn check(&self) -> Result<()> {
        if self.stop.is_cancelled() { Err(Error::Interrupted) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_listens_late_or_slowly_still_hears_how_far_everything_is() {
        let events = Events::default();
        events.done(1);
        let (mut slow, mut late) = (events.subscribe(), None);
        for _ in 0..10 * CAPACITY {
            events.done(1);
            late.get_or_insert_with(|| events.subscribe());
        }
        assert!(matches!(slow.recv().await, Err(broadcast::error::RecvError::Lagged(_))));
        let all = 10 * CAPACITY + 1;
        assert_eq!(slow.recv().await.unwrap().totals.items, all - CAPACITY + 1);
        events.uploaded(7);
        let mut last = None;
        while let Ok(update) = slow.try_recv() {
            last = Some(update);
        }
        let totals = Totals { items: all, uploaded: 7, ..Totals::default() };
        assert_eq!(last, Some(Update { event: Event::Uploaded { bytes: 7 }, totals }));
    }
}
