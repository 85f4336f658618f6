//! A repo and the blobs of its records, kept on this machine.
//!
//! ```text
//! FOLDER/3m5xk…/3m5xk….car   the repo as it travelled, one file for each revision that records were deleted from
//! FOLDER/3m5xk…/blobs/bafk…   the bytes of the blobs that these records refer to, under their CIDs
//! FOLDER/3m5xk…/complete      there once the wipe has come to its end
//! ```
//!
//! There is a folder for each wipe, so that one that was interrupted, and went on after something was added, is restored
//! as a whole. A CAR is written after all blobs of the records that are going to be deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use cid::Cid;
use futures_util::{StreamExt, TryStreamExt, stream};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::record::BlobRef;
use crate::remote::mongo::Account;
use crate::remote::pds::{Body, Existing, Pds, Snapshot};

use super::Watch;
use super::durable::{create_folder, draft, keep, sync_folder, write};

/// Blobs that are fetched at once.
const DOWNLOADS: usize = 4;

/// There once a wipe has come to its end.
const COMPLETE: &str = "complete";

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

/// Where and how records are saved before they are deleted.
#[derive(Debug, Clone)]
pub struct Saving {
    /// The account's folder.
    pub folder: PathBuf,
    /// Whether this goes on with a backup that is not complete, as a wipe does that was interrupted.
    pub goes_on: bool,
    /// Whether blobs that the PDS does not have any more may be missing.
    pub allows_missing: bool,
}

/// A repo that was saved.
pub struct Backup {
    folder: PathBuf,
    /// What it held under `computer.aesthetic`.
    pub records: Vec<Existing>,
}

/// The blobs that a record refers to.
pub fn blobs_of(value: &Value) -> Vec<BlobRef> {
    if let Some(blob) = BlobRef::from_json(value) {
        return vec![blob];
    }
    match value {
        Value::Array(values) => values.iter().flat_map(blobs_of).collect(),
        Value::Object(fields) => fields.values().flat_map(blobs_of).collect(),
        _ => Vec::new(),
    }
}

/// The folder of an account's backups: named by its handle, in which no character leads anywhere else.
#[must_use]
pub fn folder_of(backups: &Path, account: &Account) -> PathBuf {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');
    let name = utf8_percent_encode(&account.name(), PLAIN).to_string();
    // Neither hidden nor the folder above.
    backups.join(name.strip_prefix('.').map_or(name.clone(), |rest| format!("%2E{rest}")))
}

impl Saving {
    /// Saves a repo, and the blobs of some of its records, which are going to be deleted. What is there already is not
    /// fetched again; nor is another CAR written where there is one with all these records.
    ///
    /// # Errors
    /// When a blob cannot be fetched, or the folder not be written.
    pub async fn save(
        &self,
        pds: &Pds,
        car: &Bytes,
        snapshot: &Snapshot,
        records: &[&Existing],
        watch: &Arc<dyn Watch>,
    ) -> Result<Saved> {
        let unfinished = if self.goes_on { unfinished(&self.folder)? } else { None };
        let folder = unfinished.unwrap_or_else(|| self.folder.join(&snapshot.rev));
        let place = folder.join("blobs");
        create_folder(&place)?;
        let blobs: BTreeMap<Cid, BlobRef> =
            records.iter().flat_map(|record| blobs_of(&record.value)).map(|blob| (blob.cid, blob)).collect();
        let fetches = blobs.into_keys().map(|cid| {
            let path = place.join(cid.to_string());
            async move {
                if watch.is_cancelled() {
                    Err(Error::Interrupted)
                } else {
                    save_blob(pds, &snapshot.did, cid, path).await
                }
            }
        });
        let saved: Vec<(Cid, Option<u64>)> = stream::iter(fetches).buffer_unordered(DOWNLOADS).try_collect().await?;
        let lost: Vec<_> = saved.iter().filter(|(_, size)| size.is_none()).map(|(cid, _)| cid.to_string()).collect();
        if !lost.is_empty() && !self.allows_missing {
            let source = format!("{} files are not on the pds; --allow-missing does without them", lost.len()).into();
            return Err(Error::Backup { path: folder, source });
        }
        if !Backup::open(&folder).is_ok_and(|backup| backup.holds(records)) {
            write(&folder.join(format!("{}.car", snapshot.rev)), car)?;
        }
        // What has only a name in a folder that was not written out is gone when the power is.
        sync_folder(&place)?;
        sync_folder(&folder)?;
        let (blobs, blob_bytes) = (saved.len() - lost.len(), saved.iter().filter_map(|(_, size)| *size).sum());
        Ok(Saved { folder, records: records.len(), blobs, blob_bytes, lost })
    }
}

impl Saved {
    /// Says that nothing more is going to be added.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn complete(&self) -> Result<()> {
        write(&self.folder.join(COMPLETE), b"")?;
        sync_folder(&self.folder)
    }
}

/// The folder of a wipe that has not come to its end.
fn unfinished(folder: &Path) -> Result<Option<PathBuf>> {
    Ok(newest(folder)?.filter(|folder| !folder.join(COMPLETE).exists()))
}

/// The folder of the last wipe. Their names are revisions, which sort as they follow each other.
fn newest(folder: &Path) -> Result<Option<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir() && path.join("blobs").is_dir()).max())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    Ok(entries.map_err(Error::read(folder))?.into_iter().map(|entry| entry.path()).collect())
}

/// How many bytes the blob has that now lies there; `None` if the server has lost it.
async fn save_blob(pds: &Pds, did: &str, cid: Cid, path: PathBuf) -> Result<(Cid, Option<u64>)> {
    let there = fs::File::open(&path).ok().and_then(|file| BlobRef::of_reader(file, "").ok());
    if let Some(there) = there.filter(|there| there.cid == cid) {
        return Ok((cid, Some(there.size)));
    }
    let draft = draft(&path)?;
    let size = pds.save_blob(did, &cid, draft.path()).await?;
    if size.is_some() {
        keep(draft, &path)?;
    }
    Ok((cid, size))
}

impl Backup {
    /// Opens the folder of a wipe, the newest in the folder of an account, or a single CAR.
    ///
    /// # Errors
    /// When there is none, or it is not one.
    pub fn open(path: &Path) -> Result<Backup> {
        let is_car = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "car");
        let (folder, mut cars) = if path.is_dir() {
            let folder = newest(path)?.unwrap_or_else(|| path.to_owned());
            let cars = entries(&folder)?.into_iter().filter(is_car).collect();
            (folder, cars)
        } else {
            (path.parent().unwrap_or(Path::new(".")).to_owned(), vec![path.to_owned()])
        };
        if cars.is_empty() {
            return Err(Error::Backup { path: path.into(), source: "there is no CAR in it".into() });
        }
        cars.sort();
        let mut records = BTreeMap::new();
        for car in cars {
            let bytes = fs::read(&car).map_err(Error::read(&car))?;
            let snapshot = Snapshot::of_car(bytes.into()).map_err(|source| Error::Backup { path: car, source })?;
            let held = snapshot.records.into_iter();
            records.extend(held.map(|record| ((record.collection.clone(), record.rkey.clone()), record)));
        }
        Ok(Backup { folder, records: records.into_values().collect() })
    }

    /// Whether it has these very records.
    fn holds(&self, records: &[&Existing]) -> bool {
        let key = |record: &Existing| (record.collection.clone(), record.rkey.clone(), record.cid);
        let held: BTreeSet<_> = self.records.iter().map(key).collect();
        records.iter().all(|record| held.contains(&key(record)))
    }

    /// The file of a blob.
    ///
    /// # Errors
    /// When it is not there, or its bytes are not what the CID stands for.
    pub fn blob(&self, cid: &Cid) -> Result<Body> {
        let path = self.folder.join("blobs").join(cid.to_string());
        let file = fs::File::open(&path).map_err(Error::read(&path))?;
        let found = BlobRef::of_reader(file, "").map_err(Error::read(&path))?;
        if found.cid != *cid {
            return Err(Error::Backup { path, source: "its bytes are not what its name says".into() });
        }
        Ok(Body::File { path, size: found.size })
    }
}
