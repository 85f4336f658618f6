//! Steps of a plan: an item and its action.

use cid::Cid;

use crate::record::{Files, Item, Record};
use crate::remote::pds::Write;

use super::difference::Difference;
use super::missing::MissingFiles;

/// The action for an item.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// There is no record; create one under this key.
    Create {
        /// The key.
        rkey: String,
    },
    /// The record differs from the item, or lacks a file.
    Update {
        /// The record's key.
        rkey: String,
        /// The record's hash.
        cid: Cid,
        /// The files of the record.
        files: Files,
        /// The changes; only missing files if the rest depends on them.
        differences: Vec<Difference>,
    },
    /// The record is up to date, but MongoDB lacks its key.
    Adopt {
        /// The record's key.
        rkey: String,
        /// The record's hash.
        cid: Cid,
        /// The files of the record.
        files: Files,
    },
    /// The record is up to date.
    Keep {
        /// The record's key.
        rkey: String,
        /// The record's hash.
        cid: Cid,
        /// The files of the record.
        files: Files,
    },
    /// The item is nuked; delete its record.
    Withdraw {
        /// The record's key.
        rkey: String,
        /// The record's hash.
        cid: Cid,
    },
    /// The item is nuked and has no record.
    Withhold,
    /// Nothing can be done until an operator fixes the item.
    Block {
        /// The reason.
        reason: String,
    },
}

impl Action {
    /// The key of the existing or future record.
    #[must_use]
    pub fn rkey(&self) -> Option<&str> {
        match self {
            Action::Create { rkey }
            | Action::Update { rkey, .. }
            | Action::Adopt { rkey, .. }
            | Action::Keep { rkey, .. } => Some(rkey),
            Action::Withdraw { .. } | Action::Withhold | Action::Block { .. } => None,
        }
    }
}

/// An item and its action.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The item.
    pub item: Item,
    /// The action.
    pub action: Action,
    /// Keys of additional records of this item, to be deleted.
    pub duplicates: Vec<String>,
}

impl Step {
    /// Whether there is work.
    #[must_use]
    pub fn has_work(&self) -> bool {
        !matches!(self.action, Action::Keep { .. } | Action::Withhold | Action::Block { .. })
            || !self.duplicates.is_empty()
    }

    /// The number of writes on the PDS.
    #[must_use]
    pub fn count_writes(&self) -> usize {
        let writes = matches!(self.action, Action::Create { .. } | Action::Update { .. } | Action::Withdraw { .. });
        usize::from(writes) + self.duplicates.len()
    }

    /// The writes on the PDS. `record` is the new record, if any.
    #[must_use]
    pub fn writes(&self, record: Option<&Record>) -> Vec<Write> {
        let medium = self.item.medium();
        let write = match (&self.action, record.cloned()) {
            (Action::Create { rkey }, Some(record)) => Some(Write::Create { rkey: rkey.clone(), record }),
            (Action::Update { rkey, .. }, Some(record)) => Some(Write::Update { rkey: rkey.clone(), record }),
            (Action::Withdraw { rkey, .. }, _) => Some(Write::Delete { medium, rkey: rkey.clone() }),
            _ => None,
        };
        let duplicates = self.duplicates.iter().map(|rkey| Write::Delete { medium, rkey: rkey.clone() });
        write.into_iter().chain(duplicates).collect()
    }

    /// The files that must be found or made before the record can be written.
    #[must_use]
    pub fn missing_files(&self) -> MissingFiles {
        match &self.action {
            Action::Create { .. } => MissingFiles::of(&self.item, &Files::default()),
            Action::Update { files, .. } => MissingFiles::of(&self.item, files),
            _ => MissingFiles::default(),
        }
    }
}
