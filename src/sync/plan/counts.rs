//! Counts of steps by kind.

use derive_more::AddAssign;
use serde::Serialize;

/// The number of steps of each kind.
#[derive(AddAssign, Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Records to create.
    pub create: usize,
    /// Records to update.
    pub update: usize,
    /// Keys to write to MongoDB.
    pub adopt: usize,
    /// Records of nuked or deleted items, to be deleted.
    pub withdraw: usize,
    /// Additional records of an item, to be deleted.
    pub duplicate: usize,
    /// Records without an item, which are kept.
    pub orphan: usize,
    /// Items with nothing to do.
    pub skip: usize,
    /// Items that cannot be processed.
    pub blocked: usize,
}

impl Counts {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.create + self.update + self.adopt + self.withdraw + self.duplicate == 0
    }
}
