//! One item of a plan, and what is done for it.

use cid::Cid;

use crate::record::{Files, Item, Record};
use crate::remote::pds::Write;

use super::difference::Difference;
use super::missing::MissingFiles;

/// What is done for one item.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// There is no record; one is made under that key.
    Create {
        /// The key.
        rkey: String,
    },
    /// The record says something else than the item, or lacks a file.
    Update {
        /// The record's key.
        rkey: String,
        /// The record's hash.
        cid: Cid,
        /// What the record has of files.
        files: Files,
        /// What is going to change; files that are missing, where nobody can know the rest before they are there.
        differences: Vec<Difference>,
    },
    /// The record is right, and MongoDB does not know its key.
    Adopt {
        /// The record's key.
        rkey: String,
        /// The record's hash.
        cid: Cid,
        /// What the record has of files.
        files: Files,
    },
    /// The record is right.
    Keep {
        /// The record's key.
        rkey: String,
        /// The record's hash.
        cid: Cid,
        /// What the record has of files.
        files: Files,
    },
    /// The item was taken back; its record goes.
    Withdraw {
        /// The record's key.
        rkey: String,
        /// The record's hash.
        cid: Cid,
    },
    /// The item was taken back and has no record.
    Withhold,
    /// Nothing can be done before a person has mended something.
    Block {
        /// What.
        reason: String,
    },
}

impl Action {
    /// The key of the record that there is, or is going to be.
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

/// One item and what is done for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The item.
    pub item: Item,
    /// What is done.
    pub action: Action,
    /// Keys of further records of this item, which go.
    pub duplicates: Vec<String>,
}

impl Step {
    /// Whether there is something to do.
    #[must_use]
    pub fn has_work(&self) -> bool {
        !matches!(self.action, Action::Keep { .. } | Action::Withhold | Action::Block { .. })
            || !self.duplicates.is_empty()
    }

    /// How many writes the PDS is asked for.
    #[must_use]
    pub fn count_writes(&self) -> usize {
        let writes = matches!(self.action, Action::Create { .. } | Action::Update { .. } | Action::Withdraw { .. });
        usize::from(writes) + self.duplicates.len()
    }

    /// What the PDS is asked to do. `record` is the one to create or to update to.
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

    /// The files that have to be found or made before the record can be written.
    #[must_use]
    pub fn missing_files(&self) -> MissingFiles {
        match &self.action {
            Action::Create { .. } => MissingFiles::of(&self.item, &Files::default()),
            Action::Update { files, .. } => MissingFiles::of(&self.item, files),
            _ => MissingFiles::default(),
        }
    }
}
