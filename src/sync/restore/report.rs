//! The report on a restore.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::sync::parked::Parked;

/// The records of one medium that are to be restored, or were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// Records that do not exist.
    pub create: usize,
    /// Records that exist and differ.
    pub update: usize,
    /// Records that exist, but whose key MongoDB lacks.
    pub adopt: usize,
    /// Records that exist and are known, or whose item has another record by now, or is nuked.
    pub skip: usize,
}

/// The report on a restore.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RestoreReport {
    /// Planned records, by medium.
    pub planned: BTreeMap<&'static str, Restored>,
    /// Restored records, by medium.
    pub done: BTreeMap<&'static str, Restored>,
    /// Bytes of blobs uploaded.
    pub uploaded: u64,
    /// Records that are invalid by now, or that the server refuses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parked: Vec<Parked>,
}

impl RestoreReport {
    /// The number of records to restore.
    #[must_use]
    pub fn work(&self) -> usize {
        self.planned.values().map(|counts| counts.create + counts.update + counts.adopt).sum()
    }

    /// The number of existing records that will be replaced by older versions.
    #[must_use]
    pub fn updates(&self) -> usize {
        self.planned.values().map(|counts| counts.update).sum()
    }
}
