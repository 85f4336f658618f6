//! The result of a backup.

use std::path::PathBuf;

use serde::Serialize;

use crate::error::Result;

use crate::sync::tasks::blocking;

use super::durable::{sync_folder, write};
use super::folder::COMPLETE;

/// A backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Saved {
    /// Its folder.
    pub folder: PathBuf,
    /// The number of records of the selected media.
    pub records: usize,
    /// The number of blobs that they refer to.
    pub blobs: usize,
    /// The size of these blobs in bytes.
    pub blob_bytes: u64,
    /// Blobs that are no longer on the PDS and cannot be saved.
    pub lost: Vec<String>,
}

impl Saved {
    /// Marks the backup as complete.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub async fn complete(&self) -> Result<()> {
        let folder = self.folder.clone();
        blocking(move || {
            write(&folder.join(COMPLETE), b"")?;
            sync_folder(&folder)
        })
        .await
    }
}
