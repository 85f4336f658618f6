//! The policy of a sync: which records should exist, and how many may be deleted.

use std::path::PathBuf;

/// Which records should exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The treatment of nuked items.
    pub nuked: Nuked,
    /// The treatment of records whose item is no longer in MongoDB.
    pub orphans: Orphans,
}

/// The treatment of records whose item is no longer in MongoDB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orphans {
    /// Keep and report them.
    Report,
    /// Delete them, if they name an item. Others were never ours.
    Delete,
}

/// The treatment of nuked items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nuked {
    /// Their records are marked as nuked.
    Flag,
    /// They have no records.
    Withhold,
}

/// Limits on deletions of records without an item, and the place of their backups.
#[derive(Debug, Clone)]
pub struct Guards {
    /// The most records of an account and medium to delete at once, unless a tenth of them is more.
    pub most_deletes: usize,
    /// The folder of backups, with a folder per account.
    pub backup: PathBuf,
}

/// The share of an account's records of a medium that may always be deleted: one in this number.
const SHARE: usize = 10;

impl Guards {
    /// The most of `all` records of an account and medium to delete at once.
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
