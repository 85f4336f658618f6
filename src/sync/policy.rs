//! What a sync may do: which records there should be, and how much may go.

use std::path::PathBuf;

/// Which records there should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// What becomes of items that were taken back.
    pub nuked: Nuked,
    /// What becomes of records whose item is not in MongoDB any more.
    pub orphans: Orphans,
}

/// What becomes of records whose item is not in MongoDB any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orphans {
    /// They stay and are reported.
    Report,
    /// They go, if they name the item that they were of. Others were never ours.
    Delete,
}

/// What becomes of items that were taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nuked {
    /// Their records say so.
    Flag,
    /// They have no records.
    Withhold,
}

/// How much may go because its item is gone, and where it is saved before.
#[derive(Debug, Clone)]
pub struct Guards {
    /// Records of an account and medium that may go at once; a tenth of them may in any case.
    pub most_deletes: usize,
    /// Where backups are kept, in a folder for each account.
    pub backup: PathBuf,
}

/// A share of an account's records of a medium may go whatever the limit is: one in this number.
const SHARE: usize = 10;

impl Guards {
    /// How many of `all` records of an account and medium may go at once.
    #[must_use]
    pub fn most_of(&self, all: usize) -> usize {
        self.most_deletes.max(all / SHARE)
    }
}

impl Default for Guards {
    fn default() -> Self {
        Guards { most_deletes: 10, backup: "telecine-backup".into() }
    }
}
