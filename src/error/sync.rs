//! What keeps both sides from being brought in step.

use std::path::PathBuf;

use super::{Cause, Disposition, Fault};

/// What keeps both sides from being brought in step, servers and files apart.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// An item names a bucket that is none of the three.
    #[error("bucket {bucket:?} is none of the site's")]
    Bucket {
        /// What it names.
        bucket: String,
    },
    /// What an item is called cannot be part of an object's key: it is empty somewhere, leads up, or holds control
    /// characters.
    #[error("slug or code cannot name a file")]
    Key,
    /// A file is in none of the places where it may be.
    #[error("file is not in Spaces")]
    NotFound {
        /// Where it was looked for.
        source: Cause,
    },
    /// What should be a backup is none.
    #[error("{} is not a backup", path.display())]
    Backup {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        source: Cause,
    },
    /// Somebody else keeps writing to the repo, or the server keeps failing.
    #[error("account was disturbed {rounds} times without coming on")]
    Disturbed {
        /// How often it was planned.
        rounds: u32,
    },
    /// Files that records refer to cannot be saved, for the PDS has lost them.
    #[error("{} would be incomplete: {files} files are not on the pds", path.display())]
    Lost {
        /// The backup.
        path: PathBuf,
        /// How many.
        files: usize,
    },
    /// What was asked for is not in `MongoDB`.
    #[error("{subject} is not in MongoDB")]
    Missing {
        /// What: `tape 9Yo`, `account jeffrey`.
        subject: String,
    },
    /// A collection holds nothing at all, which is more likely a mistake than everybody's wish.
    #[error("mongodb holds no {medium} at all; no record goes because of that")]
    EmptyCollection {
        /// The medium, in the plural.
        medium: &'static str,
    },
    /// The database server that misses an item may be behind.
    #[error("mongodb server that misses the item is no primary")]
    NotPrimary,
    /// More records of an account and medium would go within a day than may.
    #[error("{withdrawn} of {all} {medium} were withdrawn within a day; no more than {most} are")]
    TooManyWithdrawn {
        /// How many went.
        withdrawn: u64,
        /// How many there were.
        all: u64,
        /// The medium, in the plural.
        medium: &'static str,
        /// How many may go.
        most: u64,
    },
    /// An account cannot be written to before a person has mended something.
    #[error("{account} has {reason}")]
    Locked {
        /// What the account is called.
        account: String,
        /// The obstacle, after "has": `no password`.
        reason: String,
    },
    /// An account has no repo to write to.
    #[error("{account} has no repo on the PDS")]
    NoRepo {
        /// What the account is called.
        account: String,
    },
    /// No record can be made of an item.
    #[error("{item} makes no record: {violations}")]
    NoRecord {
        /// What people call it.
        item: String,
        /// What its lexicon says.
        violations: String,
    },
    /// An item's picture takes too long to be reduced.
    #[error("painting takes more than {limit:?} to reduce")]
    Slow {
        /// How long it may take.
        limit: std::time::Duration,
    },
    /// A handle of the site is nobody's.
    #[error("handle {handle} is nobody's")]
    UnknownHandle {
        /// The handle.
        handle: String,
    },
    /// The PDS has no domain under which it gives out handles.
    #[error("pds gives out no handles")]
    NoDomain,
    /// No handle can be had.
    #[error("{owner} cannot have a handle; {how} are {handles}")]
    NoHandle {
        /// For whom.
        owner: String,
        /// Why: `taken`, `refused`.
        how: &'static str,
        /// Those that were wanted.
        handles: String,
    },
    /// Somebody else made an account for the owner meanwhile.
    #[error("{owner} has got an account from somebody else meanwhile")]
    AlreadyMade {
        /// For whom.
        owner: String,
    },
}

impl SyncError {
    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            SyncError::Bucket { .. }
            | SyncError::Key
            | SyncError::NotFound { .. }
            | SyncError::NoRecord { .. }
            | SyncError::Slow { .. } => Fault::Input,
            SyncError::Disturbed { .. } | SyncError::Lost { .. } | SyncError::NotPrimary => Fault::Server,
            _ => Fault::Operator,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        match self {
            SyncError::Disturbed { .. } | SyncError::NotPrimary => Disposition::Retry { after: None },
            _ => Disposition::Drop,
        }
    }
}
