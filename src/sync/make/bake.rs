//! Bakes a tape's video and poster, before its record is made.

use std::path::Path;

use tempfile::NamedTempFile;

use crate::error::Result;
use crate::record::Item;
use crate::remote::mongo::Owner;
use crate::sync::events::Control;
use crate::sync::locations;
use crate::sync::services::Services;
use crate::sync::tasks::blocking;
use crate::tape::{Facts, Limits, Tape};
use crate::video::{Preset, Progress};

use super::blob::Blob;
use super::item::LocalFiles;
use super::lookup;
use super::tape;

/// A tape's ZIP on this machine, identified by its bytes.
pub struct Zip {
    blob: Blob,
}

impl Zip {
    /// The hash of its bytes, as a CID.
    #[must_use]
    pub fn hash(&self) -> String {
        self.blob.reference.cid.to_string()
    }

    /// Its size in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.blob.reference.size
    }

    async fn new(file: NamedTempFile) -> Result<Zip> {
        blocking(move || Ok(Zip { blob: Blob::new(file, "application/zip")? })).await
    }
}

/// Fetches a ZIP from one of the site's addresses.
///
/// # Errors
/// Errors of Spaces; [`crate::error::RemoteError::Address`] for any other address.
pub async fn fetch_zip(services: &Services, url: &str) -> Result<Zip> {
    Zip::new(lookup::fetch(services, url, Limits::default().bytes).await?).await
}

/// Looks for the ZIP of a tape in all possible locations.
///
/// # Errors
/// [`crate::error::SyncError::NotFound`] if there is none; errors of Spaces.
pub async fn find_zip(services: &Services, owner: &Owner, item: &Item) -> Result<Zip> {
    let locations = locations::tape(owner, item, &services.buckets)?;
    let (file, _) = lookup::download(services, locations, Limits::default().bytes).await?;
    Zip::new(file).await
}

/// The public address of a tape's ZIP, at the first location that has one; `None` if there is none.
///
/// # Errors
/// Errors of Spaces.
pub async fn find_recording(services: &Services, owner: &Owner, item: &Item) -> Result<Option<String>> {
    for location in locations::tape(owner, item, &services.buckets)? {
        if lookup::size(services, std::slice::from_ref(&location)).await?.is_some() {
            return Ok(Some(services.spaces.public_url(&location.bucket, &location.key)));
        }
    }
    Ok(None)
}

/// A baked tape.
pub struct Bake {
    /// Its video, and its poster unless it could not be made.
    pub files: LocalFiles,
    /// Facts about the contents of its ZIP.
    pub facts: Facts,
}

/// Makes the poster and the video of a tape, once the encoder is free. `show` gets the poster's file as soon as it
/// exists, and `sink` gets the progress of the video.
///
/// # Errors
/// Errors of the tape or of libav.
pub async fn bake(
    services: &Services,
    preset: &Preset,
    zip: Zip,
    control: &Control,
    show: impl FnOnce(&Path) + Send + 'static,
    sink: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<Bake> {
    let preset = preset.limited_to(services.video_limit());
    let videos = services.encoder.monitored_videos(preset, &control.stop, sink);
    let work = move |tape: &Tape| {
        let thumbnail = tape::thumbnail(tape).inspect_err(|error| {
            // A tape without a poster is still a tape.
            tracing::warn!(chain = ?error.chain(), "cannot make a poster");
        });
        if let Ok(poster) = &thumbnail {
            show(poster.file.path());
        }
        let (video, encoded) = videos.video(tape)?;
        let files = LocalFiles {
            thumbnail: thumbnail.ok(),
            video: Some(video),
            encoded: Some(encoded),
            ..LocalFiles::default()
        };
        Ok(Bake { files, facts: tape.facts()? })
    };
    services.encoder.with_tape(zip.blob.file, Limits::default(), work).await
}
