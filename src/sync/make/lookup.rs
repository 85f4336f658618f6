//! Looks for files in Spaces at their possible locations.

use tempfile::NamedTempFile;

use crate::error::{Error, RemoteError, Result, SyncError};
use crate::record::Item;
use crate::remote::mongo::Owner;
use crate::sync::locations::{self, Location};
use crate::sync::services::Services;

use super::blob::temporary;

/// The number of parallel look-ups: fast, but still considerate.
pub const LOOKUPS: usize = 16;

/// Whether a painting has a recording, at any possible location.
///
/// # Errors
/// What Spaces says.
pub async fn has_recording(services: &Services, owner: &Owner, item: &Item) -> Result<bool> {
    // Without allowed locations, there is nothing to find.
    let Ok(found) = locations::recording(owner, item, &services.buckets) else { return Ok(false) };
    // A private recording is useless to readers of the record.
    Ok(size(services, &found).await?.is_some())
}

/// The size of the file at the first location with a readable one.
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

/// Downloads the file from the first location with a readable one.
pub async fn download(services: &Services, locations: Vec<Location>, limit: u64) -> Result<(NamedTempFile, Location)> {
    let mut refusal = None;
    for location in &locations {
        let file = temporary()?;
        match services.spaces.download(&location.bucket, &location.key, limit, file.path()).await {
            Ok(Some(_)) => return Ok((file, location.clone())),
            Ok(None) => {}
            // Without permission to list the bucket, Spaces returns the same for a missing file.
            Err(error @ Error::Remote(RemoteError::NotReadable { .. })) => refusal = refusal.or(Some(error)),
            Err(error) => return Err(error),
        }
    }
    let tried = locations.iter().map(|location| format!("{}/{}", location.bucket, location.key)).collect::<Vec<_>>();
    let source = format!("looked for {}", tried.join(", ")).into();
    Err(refusal.unwrap_or(Error::Sync(SyncError::NotFound { source })))
}

/// Fetches a file from one of the site's addresses.
///
/// # Errors
/// Errors of its server.
pub async fn fetch(services: &Services, url: &str, limit: u64) -> Result<NamedTempFile> {
    let file = temporary()?;
    services.spaces.fetch_url(url, limit, file.path()).await?;
    Ok(file)
}
