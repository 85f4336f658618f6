//! What happens while a sync runs, told to whoever listens; and the wish to stop it.
//!
//! Telling never waits: there may be any number of listeners or none, and to one that is slow the oldest events are lost.
//! So every event comes with the totals so far, and results are in what a call returns and in no event alone.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result};

use super::plan::AccountPlan;

/// How many events a listener may be behind before it loses the oldest.
const CAPACITY: usize = 256;

/// Something that has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// An account has been planned for the first time.
    Planned {
        /// Its handle, or what else it is known by.
        account: String,
        /// How many of its items have something to do.
        items: usize,
    },
    /// Items or records are done, one way or the other.
    Done {
        /// How many.
        items: usize,
    },
    /// Blobs were uploaded.
    Uploaded {
        /// How many bytes.
        bytes: u64,
    },
    /// An account is done.
    Finished {
        /// Its handle, or what else it is known by.
        account: String,
        /// Whether anything went wrong with it.
        has_failures: bool,
    },
}

impl Event {
    pub(super) fn planned(plan: &AccountPlan) -> Event {
        let steps = plan.media.iter().flat_map(|(_, plan)| &plan.steps);
        Event::Planned { account: plan.account.name(), items: steps.filter(|step| step.has_work()).count() }
    }
}

/// What all events so far come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Accounts that were planned.
    pub planned_accounts: usize,
    /// Items of theirs that have something to do.
    pub planned_items: usize,
    /// Items or records that are done.
    pub items: usize,
    /// Bytes that were uploaded.
    pub uploaded: u64,
    /// Accounts that are done.
    pub accounts: usize,
}

/// An event, and what all up to it come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// What has happened.
    pub event: Event,
    /// Everything so far.
    pub totals: Totals,
}

/// Where events are told.
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
        // Additions do not panic halfway.
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
        // Sent under the lock, so that totals only grow. That nobody listens is no trouble.
        let _ = self.sender.send(Update { event, totals: *totals });
    }

    pub(super) fn done(&self, items: usize) {
        self.tell(Event::Done { items });
    }

    pub(super) fn uploaded(&self, bytes: u64) {
        self.tell(Event::Uploaded { bytes });
    }
}

/// What whoever starts work holds of it: hears what happens, and can stop it after what is under way.
///
/// To wait for a server that limits its rate takes hours; the waits of this work end then too, and those of other work with
/// the same [`Services`](super::Services) do not. So the work comes to its end by itself with what it has done so far.
#[derive(Debug, Clone, Default)]
pub struct Control {
    /// What happens.
    pub events: Events,
    /// Cancelled to stop.
    pub stop: CancellationToken,
}

impl Control {
    /// Whether to go on.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when not.
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
