//! Looks for files in Spaces at the locations where they may lie.

use tempfile::NamedTempFile;

use crate::error::{Error, RemoteError, Result, SyncError};
use crate::record::Item;
use crate::remote::mongo::Owner;
use crate::sync::locations::{self, Location};
use crate::sync::services::Services;

use super::blob::temporary;

/// Looking for this many files at once is quick and still polite.
pub const LOOKUPS: usize = 16;

/// Whether the making of a painting was recorded, at any location where that may lie.
///
/// # Errors
/// What Spaces says.
pub async fn has_recording(services: &Services, owner: &Owner, item: &Item) -> Result<bool> {
    // Where nothing may be looked for, nothing is.
    let Ok(found) = locations::recording(owner, item, &services.buckets) else { return Ok(false) };
    // What is not public is none for the readers of a record.
    Ok(size(services, &found).await?.is_some())
}

/// How large the file is at the first of several locations that has one we may read.
///
/// # Errors
/// What Spaces says.
pub async fn size(services: &Services, locations: &[Location]) -> Result<Option<u64>> {
    for location in locations {
        match services.spaces.size(&location.bucket, &location.key).await {
            Ok(Some(size)) => return Ok(Some(size)),
            Ok(None) | Err(Error::Remote(RemoteError::NotReadable { .. })) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The first of several locations that has a file we may read.
pub async fn download(services: &Services, locations: Vec<Location>, limit: u64) -> Result<(NamedTempFile, Location)> {
    let mut refusal = None;
    for location in &locations {
        let file = temporary()?;
        match services.spaces.download(&location.bucket, &location.key, limit, file.path()).await {
            Ok(Some(_)) => return Ok((file, location.clone())),
            Ok(None) => {}
            // Spaces says the same of a file that is not there, to those who may not list the bucket.
            Err(error @ Error::Remote(RemoteError::NotReadable { .. })) => refusal = refusal.or(Some(error)),
            Err(error) => return Err(error),
        }
    }
    let tried = locations.iter().map(|location| format!("{}/{}", location.bucket, location.key)).collect::<Vec<_>>();
    let source = format!("looked for {}", tried.join(", ")).into();
    Err(refusal.unwrap_or(Error::Sync(SyncError::NotFound { source })))
}

/// A file from an address of the site's.
///
/// # Errors
/// What its server says.
pub async fn fetch(services: &Services, url: &str, limit: u64) -> Result<NamedTempFile> {
    let file = temporary()?;
    services.spaces.fetch_url(url, limit, file.path()).await?;
    Ok(file)
}
