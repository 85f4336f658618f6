//! What restoring comes to.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::sync::parked::Parked;

/// How much there is to restore of one medium, or has been restored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// Records that are not there.
    pub create: usize,
    /// Records that are there and say something else.
    pub update: usize,
    /// Records that are there, of which MongoDB does not know.
    pub adopt: usize,
    /// Records that are there and known, or whose item has another by now, or was taken back.
    pub skip: usize,
}

/// What restoring comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RestoreReport {
    /// How much of each medium was planned.
    pub planned: BTreeMap<&'static str, Restored>,
    /// How much of it was done.
    pub done: BTreeMap<&'static str, Restored>,
    /// Bytes of blobs uploaded.
    pub uploaded: u64,
    /// Records that no server may be given any more, or that it does not take.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parked: Vec<Parked>,
}

impl RestoreReport {
    /// How much there is to do.
    #[must_use]
    pub fn work(&self) -> usize {
        self.planned.values().map(|counts| counts.create + counts.update + counts.adopt).sum()
    }

    /// How many records are going to be replaced by what they were before.
    #[must_use]
    pub fn updates(&self) -> usize {
        self.planned.values().map(|counts| counts.update).sum()
    }
}
