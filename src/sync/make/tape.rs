//! Tapes of items: fetched from Spaces, and worked on.

use crate::error::Result;
use crate::record::Item;
use crate::remote::mongo::Owner;
use crate::sync::locations::{self, Location};
use crate::sync::services::Services;
use crate::tape::{Limits, Tape};
use crate::thumbnail;

use super::blob::Blob;
use super::lookup::download;

/// Works on the tape of an item. Answers where it was found, too.
///
/// # Errors
/// [`crate::error::SyncError::NotFound`](crate::error::SyncError::NotFound) where there is no file; what is wrong with the file; what Spaces says;
/// what `work` says.
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
/// What is wrong with the tape.
pub fn thumbnail(tape: &Tape) -> Result<Blob> {
    let thumbnail = thumbnail::tape(tape)?;
    Blob::of(&thumbnail.bytes, thumbnail.mime_type)
}
