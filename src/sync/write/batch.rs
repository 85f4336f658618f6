//! Batches: changes that are collected for one commit.

use std::time::Duration;

use tokio::time::Instant;

use crate::record::Record;
use crate::remote::pds::{MOST_WRITES, Write};

/// The initial limit in bytes of JSON. A PDS accepts 1,000,000, before 0.5 only 150 KiB.
const MAX_BYTES: usize = 900_000;

/// JSON around a record: its action, collection and key.
const WRITE_OVERHEAD: usize = 160;

/// How long a change waits for others. It bounds the loss in a crash if each change takes long, as with encoding; and
/// the PDS keeps unreferenced blobs only for about an hour.
pub const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// A change that is carried out completely or not at all.
pub trait Change {
    /// Its writes on the PDS, possibly none.
    fn writes(&self) -> Vec<Write>;
    /// The number of its writes.
    fn count_writes(&self) -> usize;
    /// The record to write, if any.
    fn record(&self) -> Option<&Record>;
}

pub fn bytes_of(change: &impl Change) -> usize {
    let record = change.record().map_or(0, |record| record.value().to_string().len());
    record + WRITE_OVERHEAD * change.count_writes()
}

/// The size of batches, reduced if the PDS refuses them.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub writes: usize,
    pub bytes: usize,
}

impl Default for Size {
    fn default() -> Self {
        Size { writes: MOST_WRITES, bytes: MAX_BYTES }
    }
}

/// Changes that are collected for one commit.
pub struct Batch<C> {
    changes: Vec<C>,
    writes: usize,
    bytes: usize,
    /// When the first change started to wait.
    since: Instant,
}

impl<C> Default for Batch<C> {
    fn default() -> Self {
        Batch { changes: Vec::new(), writes: 0, bytes: 0, since: Instant::now() }
    }
}

impl<C: Change> Batch<C> {
    /// Adds a change; returns the previous changes if it does not fit with them, or they have waited for long.
    pub fn push(&mut self, change: C, size: Size) -> Option<Vec<C>> {
        let (writes, bytes) = (change.count_writes(), bytes_of(&change));
        let is_full = self.writes + writes > size.writes || self.bytes + bytes > size.bytes;
        let is_due = is_full || self.since.elapsed() > LONGEST_WAIT;
        let full = (is_due && !self.changes.is_empty()).then(|| self.take());
        if self.changes.is_empty() {
            self.since = Instant::now();
        }
        self.changes.push(change);
        self.writes += writes;
        self.bytes += bytes;
        full
    }

    /// When the first change started to wait; `None` if there are none.
    pub fn since(&self) -> Option<Instant> {
        (!self.changes.is_empty()).then_some(self.since)
    }

    /// All changes collected so far.
    pub fn take(&mut self) -> Vec<C> {
        (self.writes, self.bytes) = (0, 0);
        std::mem::take(&mut self.changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A change with this many writes.
    struct Writes(usize);

    impl Change for Writes {
        fn writes(&self) -> Vec<Write> {
            Vec::new()
        }

        fn count_writes(&self) -> usize {
            self.0
        }

        fn record(&self) -> Option<&Record> {
            None
        }
    }

    const SIZE: Size = Size { writes: 3, bytes: MAX_BYTES };

    fn pushed(batch: &mut Batch<Writes>, writes: usize) -> Option<usize> {
        batch.push(Writes(writes), SIZE).map(|full| full.len())
    }

    #[test]
    fn changes_go_when_the_next_does_not_fit_beside_them() {
        let mut batch = Batch::default();
        let full: Vec<_> = [1, 1, 1, 1, 4, 1].map(|writes| pushed(&mut batch, writes)).into();
        assert_eq!(full, [None, None, None, Some(3), Some(1), Some(1)]);
        assert_eq!(batch.take().len(), 1);
    }

    #[test]
    fn changes_go_when_they_have_waited_for_long() {
        let mut batch = Batch::default();
        let long_ago = Instant::now().checked_sub(2 * LONGEST_WAIT).expect("the machine was not started just now");
        batch.since = long_ago;
        assert_eq!(pushed(&mut batch, 1), None);
        assert_eq!(pushed(&mut batch, 1), None);
        batch.since = long_ago;
        assert_eq!(pushed(&mut batch, 1), Some(2));
        assert_eq!(pushed(&mut batch, 1), None);
    }
}
