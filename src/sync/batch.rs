//! Writes that go to the PDS together: all of them are carried out, or none.

use crate::record::Record;
use crate::remote::pds::{MOST_WRITES, Write};

use super::plan::Step;

/// Bytes of JSON to begin with. The PDS takes 1,000,000, those before 0.5 take 150 KiB; what does not fit is halved.
const MAX_BYTES: usize = 900_000;

/// JSON around a record: its action, collection and key.
const WRITE_OVERHEAD: usize = 160;

/// A step that is ready to be carried out.
pub struct Change {
    /// What it is for.
    pub step: Step,
    /// The record to be written, if one is.
    pub record: Option<Record>,
}

impl Change {
    /// What it asks of the PDS. An adoption asks nothing.
    pub fn writes(&self) -> Vec<Write> {
        self.step.writes(self.record.as_ref())
    }

    fn bytes(&self) -> usize {
        let record = self.record.as_ref().map_or(0, |record| record.value().to_string().len());
        record + WRITE_OVERHEAD * (1 + self.step.duplicates.len())
    }
}

/// How large batches are; they become smaller where the PDS cannot take them.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Writes at most.
    pub writes: usize,
    /// Bytes of JSON at most.
    pub bytes: usize,
}

impl Default for Size {
    fn default() -> Self {
        Size { writes: MOST_WRITES, bytes: MAX_BYTES }
    }
}

/// Changes gathered until they are worth a commit.
#[derive(Default)]
pub struct Batch {
    changes: Vec<Change>,
    writes: usize,
    bytes: usize,
}

impl Batch {
    /// Adds a change; answers the changes before it if it no longer fits beside them.
    pub fn push(&mut self, change: Change, size: Size) -> Option<Vec<Change>> {
        let (writes, bytes) = (change.step.count_writes(), change.bytes());
        let is_full = self.writes + writes > size.writes || self.bytes + bytes > size.bytes;
        let full = (is_full && !self.changes.is_empty()).then(|| self.take());
        self.changes.push(change);
        self.writes += writes;
        self.bytes += bytes;
        full
    }

    /// All changes gathered so far.
    pub fn take(&mut self) -> Vec<Change> {
        (self.writes, self.bytes) = (0, 0);
        std::mem::take(&mut self.changes)
    }
}
