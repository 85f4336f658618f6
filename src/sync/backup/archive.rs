//! Reads a backup: its records and its blobs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cid::Cid;

use crate::error::{Error, Result, SyncError};
use crate::record::BlobRef;
use crate::remote::pds::{Body, Existing, Snapshot};
use crate::sync::tasks::blocking;

use super::folder::{entries, newest};

/// A saved repo.
pub struct Backup {
    folder: PathBuf,
    /// Its records under `computer.aesthetic`.
    pub records: Vec<Existing>,
}

impl Backup {
    /// Opens the folder of a wipe, the newest one in the folder of an account, or a single CAR.
    ///
    /// # Errors
    /// If there is none, or it is invalid.
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
            return Err(Error::Sync(SyncError::Backup { path: path.into(), source: "folder contains no CAR".into() }));
        }
        cars.sort();
        let mut records = BTreeMap::new();
        for car in cars {
            let bytes = fs::read(&car).map_err(Error::read(&car))?;
            let snapshot = Snapshot::of_car(bytes.into())
                .map_err(|source| Error::Sync(SyncError::Backup { path: car, source }))?;
            let held = snapshot.records.into_iter();
            records.extend(held.map(|record| ((record.collection.clone(), record.rkey.clone()), record)));
        }
        Ok(Backup { folder, records: records.into_values().collect() })
    }

    /// Whether it contains exactly these versions of records.
    #[must_use]
    pub fn holds(&self, records: &BTreeSet<Version>) -> bool {
        let held: BTreeSet<_> = self.records.iter().map(version).collect();
        records.is_subset(&held)
    }

    /// The file of a blob.
    ///
    /// # Errors
    /// If it does not exist, or does not match its CID.
    pub async fn blob(&self, cid: Cid) -> Result<Body> {
        let path = self.folder.join("blobs").join(cid.to_string());
        blocking(move || {
            let file = fs::File::open(&path).map_err(Error::read(&path))?;
            let found = BlobRef::of_reader(file, "").map_err(Error::read(&path))?;
            if found.cid != cid {
                let source = "contents do not match the CID".into();
                return Err(Error::Sync(SyncError::Backup { path, source }));
            }
            Ok(Body::File { path, size: found.size })
        })
        .await
    }
}

/// A version of a record: collection, key and CID.
pub type Version = (String, String, Cid);

/// The version of a record.
pub fn version(record: &Existing) -> Version {
    (record.collection.clone(), record.rkey.clone(), record.cid)
}
