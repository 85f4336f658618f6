//! A repo and the blobs of its records, kept on this machine.
//!
//! ```text
//! FOLDER/3m5xk….car      the repo as it travels, one file for each revision that was saved
//! FOLDER/blobs/bafk…     the bytes of blobs under their CIDs
//! ```
//!
//! A CAR is written after all blobs of its records: where there is one, nothing is lacking.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use cid::Cid;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::error::{Cause, Error, Result};
use crate::record::{BlobRef, Medium};
use crate::remote::pds::{Existing, Pds, Snapshot};

/// Blobs that are fetched at once.
const DOWNLOADS: usize = 4;

/// What was saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Saved {
    /// The CAR.
    pub car: PathBuf,
    /// Records that it has of the media that were asked for.
    pub records: usize,
    /// Blobs that they refer to.
    pub blobs: usize,
    /// The bytes of these.
    pub blob_bytes: u64,
    /// Blobs that are not on the PDS any more, so that there is nothing to save.
    pub lost: Vec<String>,
}

/// A repo that was saved.
pub struct Backup {
    folder: PathBuf,
    /// What the repo was.
    pub snapshot: Snapshot,
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

/// Saves a repo, and the blobs of its records of some media. What the folder has already is not fetched again; nor is
/// another CAR written where one has all these records.
///
/// # Errors
/// When a blob cannot be fetched, or the folder not be written.
pub async fn save(pds: &Pds, car: &Bytes, snapshot: &Snapshot, media: &[Medium], folder: &Path) -> Result<Saved> {
    let records: Vec<_> = snapshot.records.iter().filter(|record| is_of(record, media)).collect();
    let blobs: BTreeMap<Cid, BlobRef> =
        records.iter().flat_map(|record| blobs_of(&record.value)).map(|blob| (blob.cid, blob)).collect();
    let place = folder.join("blobs");
    fs::create_dir_all(&place).map_err(Error::write(&place))?;
    let fetches = blobs.into_keys().map(|cid| save_blob(pds, &snapshot.did, cid, place.join(cid.to_string())));
    let saved: Vec<(Cid, Option<u64>)> = stream::iter(fetches).buffer_unordered(DOWNLOADS).try_collect().await?;
    let path = match newest(folder)? {
        Some(path) if holds(&path, &records) => path,
        _ => {
            let path = folder.join(format!("{}.car", snapshot.rev));
            write(&path, car)?;
            path
        }
    };
    let lost = saved.iter().filter(|(_, size)| size.is_none()).map(|(cid, _)| cid.to_string()).collect();
    let (blobs, blob_bytes) = (saved.len(), saved.iter().filter_map(|(_, size)| *size).sum());
    Ok(Saved { car: path, records: records.len(), blobs, blob_bytes, lost })
}

fn is_of(record: &Existing, media: &[Medium]) -> bool {
    record.medium().is_some_and(|medium| media.contains(&medium))
}

/// How many bytes the blob has that now lies there; `None` if the server has lost it.
async fn save_blob(pds: &Pds, did: &str, cid: Cid, path: PathBuf) -> Result<(Cid, Option<u64>)> {
    if let Ok(bytes) = fs::read(&path)
        && BlobRef::of(&bytes, "").cid == cid
    {
        return Ok((cid, Some(bytes.len() as u64)));
    }
    let Some(bytes) = pds.get_blob(did, &cid).await? else { return Ok((cid, None)) };
    write(&path, &bytes)?;
    Ok((cid, Some(bytes.len() as u64)))
}

/// Writes a file that is there whole or not at all, even if the power fails: what it holds is going to be deleted.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder).map_err(Error::write(path))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(Error::write(path))?;
    file.persist(path).map_err(|error| Error::write(path)(error.error))?;
    Ok(())
}

/// Whether a CAR has these very records.
fn holds(path: &Path, records: &[&Existing]) -> bool {
    let Ok(snapshot) = fs::read(path).map_err(Cause::from).and_then(|car| Snapshot::of_car(car.into())) else {
        return false;
    };
    let held: BTreeMap<_, _> =
        snapshot.records.iter().map(|record| ((&record.collection, &record.rkey), record.cid)).collect();
    records.iter().all(|record| held.get(&(&record.collection, &record.rkey)) == Some(&record.cid))
}

/// The CAR of the newest revision. Revisions sort as they follow each other.
fn newest(folder: &Path) -> Result<Option<PathBuf>> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let paths = entries.map_err(Error::read(folder))?.into_iter().map(|entry| entry.path());
    Ok(paths.filter(|path| path.extension().is_some_and(|extension| extension == "car")).max())
}

impl Backup {
    /// Opens a CAR, or the newest of a folder.
    ///
    /// # Errors
    /// When there is none, or it is not one.
    pub fn open(path: &Path) -> Result<Backup> {
        let car = if path.is_dir() {
            let none = || Error::Backup { path: path.into(), source: "there is no CAR in it".into() };
            newest(path)?.ok_or_else(none)?
        } else {
            path.to_owned()
        };
        let bytes = fs::read(&car).map_err(Error::read(&car))?;
        let snapshot = Snapshot::of_car(bytes.into()).map_err(|source| Error::Backup { path: car.clone(), source })?;
        let folder = car.parent().unwrap_or(Path::new(".")).to_owned();
        Ok(Backup { folder, snapshot })
    }

    /// The bytes of a blob.
    ///
    /// # Errors
    /// When they are not there, or are not what the CID stands for.
    pub fn blob(&self, cid: &Cid) -> Result<Bytes> {
        let path = self.folder.join("blobs").join(cid.to_string());
        let bytes = fs::read(&path).map_err(Error::read(&path))?;
        if BlobRef::of(&bytes, "").cid != *cid {
            return Err(Error::Backup { path, source: "its bytes are not what its name says".into() });
        }
        Ok(bytes.into())
    }
}
