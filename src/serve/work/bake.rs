//! Bakes a tape: ZIP from Spaces, video and poster to Spaces, its record if we publish it, and then the callback.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::config::Publisher;
use crate::error::{Error, RemoteError, Result, SyncError};
use crate::record::Medium;
use crate::remote::mongo::Found;
use crate::serve::files::{poster_key, video_key};
use crate::serve::jobs::{Bake, BakeEnd, Baked, Callback, End, Outcome, Stage, Work};
use crate::serve::progress::Progress;
use crate::serve::service::Service;
use crate::serve::store::{Claim, Renewed};
use crate::serve::webhooks::Event;
use crate::sync::{self, Control, LocalFiles, Zip};

use super::announce::announce;
use super::mirror;

/// The most names of ignored files that are kept.
const MOST_EXTRA: usize = 10;

/// Bakes a tape.
///
/// # Errors
/// Errors of the tape or of a server.
pub async fn bake(
    service: &Service,
    claim: &Claim,
    work: &Bake,
    progress: &Progress,
    control: &Control,
) -> Result<End> {
    progress.enter(Stage::Downloading);
    let found = match service.services.mongo.find(Medium::Tape, &work.mongo_id).await {
        // A tape without a valid record can still be baked.
        Err(Error::Remote(RemoteError::UnusableItem { .. })) => None,
        found => found?,
    };
    let zip = zip_of(service, work, found.as_ref()).await?;
    let before = same_as_before(service, claim, work, &zip).await?;
    let is_news = before.is_none();
    let baked = match before {
        Some(baked) => baked,
        None => make(service, claim, work, zip, found.as_ref(), (progress, control)).await?,
    };
    let end = BakeEnd::Done { mp4_url: baked.mp4_url.clone(), thumbnail_url: baked.thumbnail_url.clone() };
    let callback = Work::Callback(Callback { bake: work.clone(), end });
    service.submit(&callback, Duration::ZERO, false).await?;
    if is_news {
        announce(service, &claim.job, &Event::baked(work, &baked)).await?;
    }
    Ok(End::Done(Outcome::Baked(baked)))
}

async fn zip_of(service: &Service, work: &Bake, found: Option<&Found>) -> Result<Zip> {
    match (&work.zip_url, found) {
        (Some(url), _) => sync::fetch_zip(&service.services, url).await,
        (None, Some(found)) => sync::find_zip(&service.services, &found.owner, &found.item).await,
        (None, None) => Err(SyncError::Missing { subject: format!("tape {}", work.code) }.into()),
    }
}

/// The previous result of the job, if the same bytes would give the same result.
async fn same_as_before(service: &Service, claim: &Claim, work: &Bake, zip: &Zip) -> Result<Option<Baked>> {
    let Some(Outcome::Baked(before)) = &claim.job.outcome else { return Ok(None) };
    let preset = format!("{}@{}/", service.preset.name, service.preset.version);
    if before.zip != zip.hash() || !before.preset.starts_with(&preset) {
        return Ok(None);
    }
    let size = service.services.spaces.size(videos(service), &video_key(&work.code)).await?;
    Ok((size == Some(before.mp4_bytes)).then(|| before.clone()))
}

async fn make(
    service: &Service,
    claim: &Claim,
    work: &Bake,
    zip: Zip,
    found: Option<&Found>,
    (progress, control): (&Progress, &Control),
) -> Result<Baked> {
    let (hash, zip_bytes) = (zip.hash(), zip.bytes());
    let (sender, poster) = oneshot::channel();
    let show = move |poster: &Path| drop(sender.send(poster.to_owned()));
    let bake = sync::bake(&service.services, &service.preset, zip, control, show, progress.frames());
    // Watchers see the poster long before the video is made.
    let (bake, thumbnail_url) = tokio::join!(bake, put_poster(service, claim, &work.code, poster));
    let (bake, thumbnail_url) = (bake?, thumbnail_url?);
    let (Some(video), Some(encoded)) = (&bake.files.video, &bake.files.encoded) else {
        unreachable!("a bake that succeeds has a video and knows how it was made")
    };
    progress.enter(Stage::Uploading);
    // If another worker has the job by now, it stores the same bytes, unless it has another preset.
    if service.store.renew(claim, Some(Stage::Uploading), None).await? == Renewed::Lost {
        return Err(Error::Interrupted);
    }
    let spaces = &service.services.spaces;
    spaces.put(videos(service), &video_key(&work.code), "video/mp4", video.file.path()).await?;
    let mut facts = bake.facts;
    // An untrusted ZIP may contain thousands of files.
    facts.extra.truncate(MOST_EXTRA);
    let baked = Baked {
        zip: hash,
        zip_bytes,
        preset: encoded.preset.clone(),
        mp4_url: spaces.public_url(videos(service), &video_key(&work.code)),
        mp4_bytes: video.reference.size,
        thumbnail_url,
        frames: facts.frames as u64,
        seconds: facts.seconds,
        tape: Some(Box::new(facts)),
        warnings: encoded.warnings.iter().map(ToString::to_string).collect(),
    };
    if let (Publisher::Telecine, Some(found)) = (service.config.publisher, found) {
        progress.enter(Stage::Publishing);
        // The current state: it may have been taken back while it was encoded.
        if let Some(found) = service.services.mongo.find(Medium::Tape, &found.item.id.to_string()).await? {
            publish(service, claim, &found, bake.files, control).await?;
        }
    }
    Ok(baked)
}

/// Uploads the poster to Spaces as soon as it exists, and returns its address.
async fn put_poster(
    service: &Service,
    claim: &Claim,
    code: &str,
    poster: oneshot::Receiver<PathBuf>,
) -> Result<Option<String>> {
    let Ok(poster) = poster.await else { return Ok(None) };
    let (spaces, key) = (&service.services.spaces, poster_key(code));
    spaces.put(videos(service), &key, "image/jpeg", &poster).await?;
    let url = spaces.public_url(videos(service), &key);
    service.store.note_poster(claim, &url).await?;
    Ok(Some(url))
}

/// Writes the record. The bake is done once the video can be played; a record that has to wait becomes its own job.
async fn publish(service: &Service, claim: &Claim, found: &Found, files: LocalFiles, control: &Control) -> Result<()> {
    let before = service.store.place(found.item.medium(), found.item.id).await?;
    let end = mirror::publish(service, claim, found, before.as_ref(), Some(files), control).await?;
    if !matches!(end, End::Done(_)) {
        let subject = crate::serve::jobs::Subject::new(found.item.medium(), found.item.id);
        service.submit(&Work::Mirror(subject), Duration::ZERO, false).await?;
    }
    Ok(())
}

fn videos(service: &Service) -> &str {
    &service.services.buckets.videos
}
