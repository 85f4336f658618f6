//! Fetches tapes of items from Spaces, and works on them.

use crate::error::Result;
use crate::record::Item;
use crate::remote::mongo::Owner;
use crate::sync::locations::{self, Location};
use crate::sync::services::Services;
use crate::tape::{Limits, Tape};
use crate::thumbnail;

use super::blob::Blob;
use super::lookup::download;

/// Runs `work` on the tape of an item. Also returns the address at which it was found.
///
/// # Errors
/// [`crate::error::SyncError::NotFound`](crate::error::SyncError::NotFound) if there is no file; errors of the file, of
/// Spaces and of `work`.
pub async fn with<T: Send + 'static>(
    services: &Services,
    owner: &Owner,
    item: &Item,
    work: impl FnOnce(&Tape) -> Result<T> + Send + 'static,
) -> Result<(T, Location)> {
    let limits = Limits::default();
    let (file, location) = download(services, locations::tape(owner, item, &services.buckets)?, limits.bytes).await?;
    Ok((services.encoder.with_tape(file, limits, work).await?, location))
}

/// The thumbnail of a tape.
///
/// # Errors
/// Errors of the tape.
pub fn thumbnail(tape: &Tape) -> Result<Blob> {
    let thumbnail = thumbnail::tape(tape)?;
    Blob::of(&thumbnail.bytes, thumbnail.mime_type)
}
