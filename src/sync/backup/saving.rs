//! Backs up a repo and the blobs of records before these are deleted.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use bytes::Bytes;
use cid::Cid;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use crate::error::{Result, SyncError};
use crate::record::BlobRef;
use crate::remote::pds::{Existing, Pds, Snapshot};
use crate::sync::events::Control;
use crate::sync::tasks::blocking;

use super::archive::{Backup, version};
use super::durable::{create_folder, draft, keep, sync_folder, write};
use super::folder::unfinished;
use super::saved::Saved;

/// The number of parallel downloads.
const DOWNLOADS: usize = 4;

/// Where and how records are backed up before they are deleted.
#[derive(Debug, Clone)]
pub struct Saving {
    /// The account's folder.
    pub folder: PathBuf,
    /// Whether to continue an incomplete backup, as after an interrupted wipe.
    pub goes_on: bool,
    /// Whether blobs that the PDS has lost may be missing.
    pub allows_missing: bool,
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

impl Saving {
    /// Backs up a repo, and the blobs of the records that will be deleted. Existing blobs are not fetched again, and no
    /// other CAR is written if one contains all these records.
    ///
    /// # Errors
    /// If a blob cannot be fetched, or the folder cannot be written.
    pub async fn save(
        &self,
        pds: &Pds,
        car: &Bytes,
        snapshot: &Snapshot,
        records: &[&Existing],
        control: &Control,
    ) -> Result<Saved> {
        let (base, goes_on, rev) = (self.folder.clone(), self.goes_on, snapshot.rev.clone());
        let (folder, blobs) = blocking(move || {
            let unfinished = if goes_on { unfinished(&base)? } else { None };
            let folder = unfinished.unwrap_or_else(|| base.join(rev));
            let blobs = folder.join("blobs");
            create_folder(&blobs)?;
            Ok((folder, blobs))
        })
        .await?;
        let cids: BTreeSet<Cid> =
            records.iter().flat_map(|record| blobs_of(&record.value)).map(|blob| blob.cid).collect();
        let fetches = cids.into_iter().map(|cid| {
            let path = blobs.join(cid.to_string());
            async move {
                control.check()?;
                save_blob(pds, &snapshot.did, cid, path).await
            }
        });
        let saved: Vec<(Cid, Option<u64>)> = stream::iter(fetches).buffer_unordered(DOWNLOADS).try_collect().await?;
        let lost: Vec<_> = saved.iter().filter(|(_, size)| size.is_none()).map(|(cid, _)| cid.to_string()).collect();
        if !lost.is_empty() && !self.allows_missing {
            return Err(SyncError::Lost { path: folder, files: lost.len() }.into());
        }
        let versions: BTreeSet<_> = records.iter().map(|record| version(record)).collect();
        let (place, car, name) = (folder.clone(), car.clone(), format!("{}.car", snapshot.rev));
        blocking(move || {
            if !Backup::open(&place).is_ok_and(|backup| backup.holds(&versions)) {
                write(&place.join(name), &car)?;
            }
            // A name in a folder that was not synced is lost in a power failure.
            sync_folder(&blobs)?;
            sync_folder(&place)
        })
        .await?;
        let (blobs, blob_bytes) = (saved.len() - lost.len(), saved.iter().filter_map(|(_, size)| *size).sum());
        Ok(Saved { folder, records: records.len(), blobs, blob_bytes, lost })
    }
}

/// Saves a blob and returns its size in bytes; `None` if the server has lost it.
async fn save_blob(pds: &Pds, did: &str, cid: Cid, path: PathBuf) -> Result<(Cid, Option<u64>)> {
    let (there, path) = blocking(move || {
        let there = fs::File::open(&path).ok().and_then(|file| BlobRef::of_reader(file, "").ok());
        Ok((there.filter(|there| there.cid == cid), path))
    })
    .await?;
    if let Some(there) = there {
        return Ok((cid, Some(there.size)));
    }
    let draft = draft(&path)?;
    let size = pds.save_blob(did, &cid, draft.path()).await?;
    if size.is_some() {
        blocking(move || keep(draft, &path)).await?;
    }
    Ok((cid, size))
}
