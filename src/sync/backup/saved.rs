//! What was saved, and where.

use std::path::PathBuf;

use serde::Serialize;

use crate::error::Result;

use crate::sync::tasks::blocking;

use super::durable::{sync_folder, write};
use super::folder::COMPLETE;

/// What was saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Saved {
    /// Where.
    pub folder: PathBuf,
    /// Records that are there of the media that were asked for.
    pub records: usize,
    /// Blobs that they refer to.
    pub blobs: usize,
    /// The bytes of these.
    pub blob_bytes: u64,
    /// Blobs that are not on the PDS any more, so that there is nothing to save.
    pub lost: Vec<String>,
}

impl Saved {
    /// Says that nothing more is going to be added.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub async fn complete(&self) -> Result<()> {
        let folder = self.folder.clone();
        blocking(move || {
            write(&folder.join(COMPLETE), b"")?;
            sync_folder(&folder)
        })
        .await
    }
}
