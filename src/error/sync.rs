//! Reasons why the two sides cannot be brought in step.

use std::path::PathBuf;

use super::{Cause, Disposition, Fault};

/// Reasons why the two sides cannot be brought in step, other than servers and files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// An item names a bucket that is not one of the site's three.
    #[error("bucket {bucket:?} is not one of the site's")]
    Bucket {
        /// The bucket's name.
        bucket: String,
    },
    /// The slug or code of an item cannot be part of an object's key: it has an empty segment, a `..`, or control
    /// characters.
    #[error("slug or code is not a valid file name")]
    Key,
    /// A file is in none of its possible places.
    #[error("file is not in Spaces")]
    NotFound {
        /// The places.
        source: Cause,
    },
    /// A backup cannot be read.
    #[error("{} is not a backup", path.display())]
    Backup {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        source: Cause,
    },
    /// Other programs keep writing to the repo, or the server keeps failing.
    #[error("account was disturbed {rounds} times without progress")]
    Disturbed {
        /// The number of plans made.
        rounds: u32,
    },
    /// Files that records refer to cannot be backed up, because the PDS has lost them.
    #[error("{} would be incomplete: {files} files are not on the pds", path.display())]
    Lost {
        /// The backup.
        path: PathBuf,
        /// The number of lost files.
        files: usize,
    },
    /// The requested item or account is not in `MongoDB`.
    #[error("{subject} is not in MongoDB")]
    Missing {
        /// Its name: `tape 9Yo`, `account jeffrey`.
        subject: String,
    },
    /// A collection is empty, which is probably a mistake.
    #[error("mongodb holds no {medium} at all; no record is deleted for that reason")]
    EmptyCollection {
        /// The medium, in the plural.
        medium: &'static str,
    },
    /// The database server that lacks an item may be behind.
    #[error("mongodb server that lacks the item is not the primary")]
    NotPrimary,
    /// More records of an account and medium would be deleted within a day than the limit allows.
    #[error("{withdrawn} of {all} {medium} were withdrawn within a day; the limit is {most}")]
    TooManyWithdrawn {
        /// The number of deleted records.
        withdrawn: u64,
        /// The number of records before.
        all: u64,
        /// The medium, in the plural.
        medium: &'static str,
        /// The limit.
        most: u64,
    },
    /// An account cannot be written to until an operator fixes it.
    #[error("{account} has {reason}")]
    Locked {
        /// The account's name.
        account: String,
        /// The obstacle, after "has": `no password`.
        reason: String,
    },
    /// An account has no repo to write to.
    #[error("{account} has no repo on the PDS")]
    NoRepo {
        /// The account's name.
        account: String,
    },
    /// No valid record can be made of an item.
    #[error("{item} has no valid record: {violations}")]
    NoRecord {
        /// The item's label.
        item: String,
        /// The violations of its lexicon.
        violations: String,
    },
    /// A painting takes too long to scale down.
    #[error("painting takes more than {limit:?} to scale down")]
    Slow {
        /// The time limit.
        limit: std::time::Duration,
    },
    /// No user of the site has the handle.
    #[error("handle {handle} is unknown")]
    UnknownHandle {
        /// The handle.
        handle: String,
    },
    /// The PDS offers no domain for handles.
    #[error("pds offers no domain for handles")]
    NoDomain,
    /// No handle is available.
    #[error("handles for {owner} are {how}: {handles}")]
    NoHandle {
        /// The owner of the account.
        owner: String,
        /// The reason: `taken`, `refused`.
        how: &'static str,
        /// The handles that were tried.
        handles: String,
    },
    /// Another program created an account for the owner meanwhile.
    #[error("{owner} was given an account by another program meanwhile")]
    AlreadyMade {
        /// The owner of the account.
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
