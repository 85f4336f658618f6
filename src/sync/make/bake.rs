//! A tape's video and poster, made before anybody asks for its record.

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

/// A tape's ZIP on this machine, known by its bytes.
pub struct Zip {
    blob: Blob,
}

impl Zip {
    /// The hash of its bytes, as a CID.
    #[must_use]
    pub fn hash(&self) -> String {
        self.blob.reference.cid.to_string()
    }

    /// How many bytes it has.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.blob.reference.size
    }

    async fn new(file: NamedTempFile) -> Result<Zip> {
        blocking(move || Ok(Zip { blob: Blob::new(file, "application/zip")? })).await
    }
}

/// Fetches a ZIP from an address of the site's.
///
/// # Errors
/// What Spaces says; [`crate::error::RemoteError::Address`] for any other address.
pub async fn fetch_zip(services: &Services, url: &str) -> Result<Zip> {
    Zip::new(lookup::fetch(services, url, Limits::default().bytes).await?).await
}

/// Looks for the ZIP of a tape wherever it may lie.
///
/// # Errors
/// [`crate::error::SyncError::NotFound`] where there is none; what Spaces says.
pub async fn find_zip(services: &Services, owner: &Owner, item: &Item) -> Result<Zip> {
    let locations = locations::tape(owner, item, &services.buckets)?;
    let (file, _) = lookup::download(services, locations, Limits::default().bytes).await?;
    Zip::new(file).await
}

/// Where anybody finds the ZIP of a tape, at the first location that has one; `None` where there is none.
///
/// # Errors
/// What Spaces says.
pub async fn find_recording(services: &Services, owner: &Owner, item: &Item) -> Result<Option<String>> {
    for location in locations::tape(owner, item, &services.buckets)? {
        if lookup::size(services, std::slice::from_ref(&location)).await?.is_some() {
            return Ok(Some(services.spaces.public_url(&location.bucket, &location.key)));
        }
    }
    Ok(None)
}

/// What a tape came to.
pub struct Bake {
    /// Its video, and its poster unless that could not be made.
    pub files: LocalFiles,
    /// What its ZIP holds.
    pub facts: Facts,
}

/// Makes the poster and the video of a tape, when the encoder is free. `show` gets the file of the poster as soon as there
/// is one, and `sink` is told how far the video is.
///
/// # Errors
/// What is wrong with the tape; what libav says.
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
            tracing::warn!(chain = ?error.chain(), "no poster can be made");
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
