//! The files of an item: found in Spaces, made here, uploaded to the PDS.

use std::collections::HashSet;
use std::io::BufReader;
use std::sync::Arc;
use std::time::Duration;

use cid::Cid;
use tempfile::NamedTempFile;

use crate::error::{Error, Result};
use crate::record::{BlobRef, Content, Files, Item, Medium, TapeForm};
use crate::remote::mongo::Owner;
use crate::remote::pds::{Body, Session};
use crate::thumbnail;
use crate::video::Preset;
use crate::video::posted::{self, Accepted};

use super::budget::blocking_with;
use super::isolated::blocking;
use super::places::{self, Place};
use super::plan::MissingFiles;
use super::replacement::Encoded;
use super::tape::{self, Encoder};
use super::{Services, Watch};

/// How long one thumbnail may take. Large pictures take a second.
const THUMBNAIL_TIMEOUT: Duration = Duration::from_mins(1);

/// What was found or made for an item, on this machine.
#[derive(Default)]
pub struct Made {
    /// The small picture.
    pub thumbnail: Option<Blob>,
    /// The MP4.
    pub video: Option<Blob>,
    /// How that was made, unless it was found.
    pub encoded: Option<Encoded>,
    /// Whether the making of a painting was recorded, if somebody looked.
    pub has_recording: bool,
    /// Where the ZIP of a tape was found.
    pub zip_url: Option<String>,
}

/// Bytes that are going to be a blob. They lie in a file, so that a hundred of them fit into memory.
pub struct Blob {
    /// The bytes.
    pub file: NamedTempFile,
    /// What they will be known as.
    pub reference: BlobRef,
}

impl Blob {
    /// What is in a file.
    pub fn new(file: NamedTempFile, mime_type: &str) -> Result<Self> {
        let bytes = file.reopen().map_err(scratch)?;
        let reference = BlobRef::of_reader(bytes, mime_type).map_err(scratch)?;
        Ok(Blob { file, reference })
    }

    /// These bytes.
    pub fn of(bytes: &[u8], mime_type: &str) -> Result<Self> {
        let file = temporary()?;
        std::fs::write(file.path(), bytes).map_err(scratch)?;
        Ok(Blob { file, reference: BlobRef::of(bytes, mime_type) })
    }
}

impl Made {
    /// What a record says of these, together with what it had before.
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
/// [`Error::NotFound`] where there is no file; what is wrong with the file; what Spaces says.
pub async fn make(
    services: &Services,
    preset: &Preset,
    owner: &Owner,
    item: &Item,
    missing: MissingFiles,
    watch: &Arc<dyn Watch>,
) -> Result<Made> {
    match item.medium() {
        Medium::Painting => painting(services, owner, item, missing).await,
        Medium::Tape => tape_or_video(services, preset, owner, item, missing, watch).await,
        Medium::Mood | Medium::Piece | Medium::Kidlisp => Ok(Made::default()),
    }
}

/// Uploads what was made, but for what the account has already; answers what the record says of it, and how many bytes
/// that were.
///
/// # Errors
/// What the PDS says.
pub async fn upload(
    services: &Services,
    session: &Session,
    listed: &HashSet<Cid>,
    mut made: Made,
    before: &Files,
) -> Result<(Files, u64)> {
    let mut uploaded = 0;
    for blob in made.thumbnail.iter_mut().chain(&mut made.video) {
        let reference = &blob.reference;
        if listed.contains(&reference.cid) {
            continue;
        }
        uploaded += reference.size;
        let body = Body::File { path: blob.file.path().into(), size: reference.size };
        // The server looks into the bytes and may call them something else, which the record has to repeat.
        blob.reference = services.pds.upload_blob(session, body, &reference.mime_type, Some(&reference.cid)).await?;
    }
    Ok((made.files(before), uploaded))
}

async fn painting(services: &Services, owner: &Owner, item: &Item, missing: MissingFiles) -> Result<Made> {
    let mut made = Made::default();
    if missing.recording {
        made.has_recording = has_recording(services, owner, item).await?;
    }
    if missing.thumbnail {
        let (file, _) =
            download(services, places::painting(owner, item, &services.buckets)?, thumbnail::MAX_FILE_BYTES).await?;
        let open = move || Ok(BufReader::new(file.reopen().map_err(scratch)?));
        let (memory, open) = blocking(move || Ok((thumbnail::memory(open()?)?, open))).await?;
        let share = services.budget.memory(memory).await;
        let thumbnail = blocking_with(share, move || {
            let thumbnail = thumbnail::painting(open()?)?;
            Blob::of(&thumbnail.bytes, thumbnail.mime_type)
        });
        let thumbnail = tokio::time::timeout(THUMBNAIL_TIMEOUT, thumbnail).await;
        made.thumbnail = Some(thumbnail.map_err(|_| too_slow())??);
    }
    Ok(made)
}

async fn tape_or_video(
    services: &Services,
    preset: &Preset,
    owner: &Owner,
    item: &Item,
    missing: MissingFiles,
    watch: &Arc<dyn Watch>,
) -> Result<Made> {
    if let Content::Tape { form: TapeForm::Mp4 { url }, .. } = &item.content {
        let limit = services.video_limit();
        let file = match url {
            Some(url) => fetch(services, url, limit).await?,
            None => download(services, places::tape(owner, item, &services.buckets)?, limit).await?.0,
        };
        let video = Some(blocking(move || posted(file)).await?);
        return Ok(Made { video, ..Made::default() });
    }
    let encoder = Encoder::new(services, preset, watch);
    let (made, place) = tape::with(services, owner, item, move |tape| {
        let (video, of_video) = missing.video.then(|| encoder.video(tape)).transpose()?.unzip();
        let thumbnail = missing.thumbnail.then(|| tape::thumbnail(tape)).transpose()?;
        Ok(Made { thumbnail, video, encoded: of_video, ..Made::default() })
    })
    .await?;
    Ok(Made { zip_url: Some(services.spaces.public_url(&place.bucket, &place.key)), ..made })
}

/// A video that a stranger has posted, if it can be published.
fn posted(mut file: NamedTempFile) -> Result<Blob> {
    let mut rewritten = temporary()?;
    match posted::accept(file.as_file_mut(), rewritten.as_file_mut())? {
        Accepted::AsItIs => Blob::new(file, "video/mp4"),
        Accepted::Rewritten => Blob::new(rewritten, "video/mp4"),
    }
}

/// Whether the making of a painting was recorded, at any place where that may lie.
///
/// # Errors
/// What Spaces says.
pub async fn has_recording(services: &Services, owner: &Owner, item: &Item) -> Result<bool> {
    // Where nothing may be looked for, nothing is.
    let Ok(places) = places::recording(owner, item, &services.buckets) else { return Ok(false) };
    // What is not public is none for the readers of a record.
    Ok(size(services, &places).await?.is_some())
}

/// How large the file is at the first of several places that has one we may read.
///
/// # Errors
/// What Spaces says.
pub async fn size(services: &Services, places: &[Place]) -> Result<Option<u64>> {
    for place in places {
        match services.spaces.size(&place.bucket, &place.key).await {
            Ok(Some(size)) => return Ok(Some(size)),
            Ok(None) | Err(Error::NotReadable { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The first of several places that has a file we may read.
pub(super) async fn download(services: &Services, places: Vec<Place>, limit: u64) -> Result<(NamedTempFile, Place)> {
    let mut refusal = None;
    for place in &places {
        let file = temporary()?;
        match services.spaces.download(&place.bucket, &place.key, limit, file.path()).await {
            Ok(Some(_)) => return Ok((file, place.clone())),
            Ok(None) => {}
            // Spaces says the same of a file that is not there, to those who may not list the bucket.
            Err(error @ Error::NotReadable { .. }) => refusal = refusal.or(Some(error)),
            Err(error) => return Err(error),
        }
    }
    let tried = places.iter().map(|place| format!("{}/{}", place.bucket, place.key)).collect::<Vec<_>>();
    let source = format!("looked for {}", tried.join(", ")).into();
    Err(refusal.unwrap_or(Error::NotFound { source }))
}

async fn fetch(services: &Services, url: &str, limit: u64) -> Result<NamedTempFile> {
    let file = temporary()?;
    services.spaces.fetch_url(url, limit, file.path()).await?;
    Ok(file)
}

pub(super) fn temporary() -> Result<NamedTempFile> {
    NamedTempFile::new().map_err(scratch)
}

pub(super) fn scratch(source: std::io::Error) -> Error {
    Error::Scratch { source }
}

fn too_slow() -> Error {
    Error::Entry { name: "painting".into(), what: format!("takes more than {THUMBNAIL_TIMEOUT:?} to reduce") }
}
