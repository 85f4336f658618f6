//! Finds or makes the files of an item.

use tempfile::NamedTempFile;

use crate::error::Result;
use crate::record::{BlobRef, Content, Files, Item, Medium, TapeForm};
use crate::remote::mongo::Owner;
use crate::thumbnail;
use crate::video::Preset;
use crate::video::posted::{self, Accepted};

use crate::sync::events::Control;
use crate::sync::locations;
use crate::sync::plan::MissingFiles;
use crate::sync::services::Services;
use crate::sync::tasks::blocking;

use super::blob::{Blob, temporary};
use super::encoded::Encoded;
use super::lookup::{download, fetch, has_recording};
use super::tape;

/// The files found or made for an item, on this machine.
#[derive(Default)]
pub struct LocalFiles {
    /// The thumbnail.
    pub thumbnail: Option<Blob>,
    /// The MP4.
    pub video: Option<Blob>,
    /// How the MP4 was made, unless it was posted.
    pub encoded: Option<Encoded>,
    /// Whether a painting has a recording, if that was checked.
    pub has_recording: bool,
    /// The address at which the ZIP of a tape was found.
    pub zip_url: Option<String>,
}

impl LocalFiles {
    /// Only the files that an item lacks.
    pub(in crate::sync) fn only(self, missing: MissingFiles) -> LocalFiles {
        LocalFiles {
            thumbnail: self.thumbnail.filter(|_| missing.thumbnail),
            encoded: self.encoded.filter(|_| missing.video),
            video: self.video.filter(|_| missing.video),
            ..self
        }
    }

    /// The files for a record: these, together with its previous ones.
    #[must_use]
    pub fn files(&self, before: &Files) -> Files {
        let reference = |blob: &Option<Blob>, before: &Option<BlobRef>| {
            blob.as_ref().map(|blob| blob.reference.clone()).or_else(|| before.clone())
        };
        Files {
            thumbnail: reference(&self.thumbnail, &before.thumbnail),
            video: reference(&self.video, &before.video),
            has_recording: self.has_recording || before.has_recording,
            zip_url: self.zip_url.clone().or_else(|| before.zip_url.clone()),
        }
    }
}

/// Finds or makes the files that an item lacks.
///
/// # Errors
/// [`crate::error::SyncError::NotFound`] if there is no file; errors of the file; errors of Spaces.
pub async fn make(
    services: &Services,
    preset: &Preset,
    owner: &Owner,
    item: &Item,
    missing: MissingFiles,
    control: &Control,
) -> Result<LocalFiles> {
    match item.medium() {
        Medium::Painting => painting(services, owner, item, missing).await,
        Medium::Tape => tape_or_video(services, preset, owner, item, missing, control).await,
        Medium::Mood | Medium::Piece | Medium::Kidlisp => Ok(LocalFiles::default()),
    }
}

async fn painting(services: &Services, owner: &Owner, item: &Item, missing: MissingFiles) -> Result<LocalFiles> {
    let mut made = LocalFiles::default();
    if missing.recording {
        made.has_recording = has_recording(services, owner, item).await?;
    }
    if missing.thumbnail {
        let (file, _) =
            download(services, locations::painting(owner, item, &services.buckets)?, thumbnail::MAX_FILE_BYTES).await?;
        made.thumbnail = Some(services.encoder.painting(file).await?);
    }
    Ok(made)
}

async fn tape_or_video(
    services: &Services,
    preset: &Preset,
    owner: &Owner,
    item: &Item,
    missing: MissingFiles,
    control: &Control,
) -> Result<LocalFiles> {
    if let Content::Tape { form: TapeForm::Mp4 { url }, .. } = &item.content {
        let limit = services.video_limit();
        let file = match url {
            Some(url) => fetch(services, url, limit).await?,
            None => download(services, locations::tape(owner, item, &services.buckets)?, limit).await?.0,
        };
        let video = Some(blocking(move || posted(file)).await?);
        return Ok(LocalFiles { video, ..LocalFiles::default() });
    }
    let encoder = services.videos(preset, control);
    let (made, location) = tape::with(services, owner, item, move |tape| {
        let (video, of_video) = missing.video.then(|| encoder.video(tape)).transpose()?.unzip();
        let thumbnail = missing.thumbnail.then(|| tape::thumbnail(tape)).transpose()?;
        Ok(LocalFiles { thumbnail, video, encoded: of_video, ..LocalFiles::default() })
    })
    .await?;
    Ok(LocalFiles { zip_url: Some(services.spaces.public_url(&location.bucket, &location.key)), ..made })
}

/// Checks an untrusted posted video.
fn posted(mut file: NamedTempFile) -> Result<Blob> {
    let mut rewritten = temporary()?;
    match posted::accept(file.as_file_mut(), rewritten.as_file_mut())? {
        Accepted::AsItIs => Blob::new(file, "video/mp4"),
        Accepted::Rewritten => Blob::new(rewritten, "video/mp4"),
    }
}
