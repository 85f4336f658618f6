//! How much a plan has of each kind of step.

use derive_more::AddAssign;
use serde::Serialize;

/// How many steps there are of each kind.
#[derive(AddAssign, Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Records to be made.
    pub create: usize,
    /// Records to be changed.
    pub update: usize,
    /// Keys to be written into MongoDB.
    pub adopt: usize,
    /// Records of items that were taken back or are gone, to be deleted.
    pub withdraw: usize,
    /// Second records of an item, to be deleted.
    pub duplicate: usize,
    /// Records without an item, which stay.
    pub orphan: usize,
    /// Items with nothing to do.
    pub skip: usize,
    /// Items that cannot be worked on.
    pub blocked: usize,
}

impl Counts {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.create + self.update + self.adopt + self.withdraw + self.duplicate == 0
    }
}
