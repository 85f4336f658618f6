//! The folders of backups.

use std::fs;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::{Error, Result};
use crate::remote::mongo::Account;

/// The file that marks a completed wipe.
pub const COMPLETE: &str = "complete";

/// The folder of an account's backups, named by its handle with unsafe characters escaped.
#[must_use]
pub fn folder_of(backups: &Path, account: &Account) -> PathBuf {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');
    let name = utf8_percent_encode(&account.name(), PLAIN).to_string();
    // Neither hidden nor the parent folder.
    backups.join(name.strip_prefix('.').map_or(name.clone(), |rest| format!("%2E{rest}")))
}

/// The folder of a wipe that is not complete.
pub fn unfinished(folder: &Path) -> Result<Option<PathBuf>> {
    Ok(newest(folder)?.filter(|folder| !folder.join(COMPLETE).exists()))
}

/// The folder of the last wipe. The names are revisions, which sort chronologically.
pub fn newest(folder: &Path) -> Result<Option<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir() && path.join("blobs").is_dir()).max())
}

pub fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    Ok(entries.map_err(Error::read(folder))?.into_iter().map(|entry| entry.path()).collect())
}
