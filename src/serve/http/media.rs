//! Serves the files of tapes by code.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, LOCATION, RETRY_AFTER};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::error::{Error, Fault};
use crate::record::{Content, Medium, TapeForm};
use crate::remote::mongo::Found;
use crate::serve::files::{poster_key, video_key};
use crate::serve::jobs::is_code;
use crate::serve::service::Service;
use crate::sync;

use super::error::Problem;

/// `Retry-After` in seconds for a video that is being made.
const AGAIN: u64 = 5;

/// Seconds for which a redirect may be cached: a tape may be taken back.
const FRESH: u64 = 60;

/// A file of a tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum File {
    Zip,
    Video,
    Poster,
}

/// Redirects to a file of a tape: `CODE` and `CODE.zip` to the recording, `CODE.mp4` to the video, `CODE.jpg` to the
/// poster.
pub async fn tape(State(service): State<Arc<Service>>, Path(name): Path<String>) -> Result<Response, Problem> {
    let (code, file) = parse(&name).ok_or(Problem::NotFound)?;
    let found = service.services.mongo.find(Medium::Tape, code).await.map_err(unless_of_the_document)?;
    let found = found.ok_or(Problem::NotFound)?;
    if found.item.nuked {
        return Err(Problem::Gone);
    }
    let location = match file {
        File::Zip => recording(&service, &found).await?,
        File::Video | File::Poster => made(&service, &found, file).await?,
    };
    match (location, file) {
        (Some(url), _) => Ok(redirect(&url)),
        // A recording exists or not; video and poster may come later.
        (None, File::Zip) => Err(Problem::NotFound),
        (None, _) => Ok(later()),
    }
}

fn parse(name: &str) -> Option<(&str, File)> {
    let (code, file) = match name.rsplit_once('.') {
        None => (name, File::Zip),
        Some((code, "zip")) => (code, File::Zip),
        Some((code, "mp4")) => (code, File::Video),
        Some((code, "jpg")) => (code, File::Poster),
        Some(_) => return None,
    };
    is_code(code).then_some((code, file))
}

/// The address of the recording, at the first location with a file.
async fn recording(service: &Service, found: &Found) -> Result<Option<String>, Problem> {
    let Content::Tape { form, .. } = &found.item.content else { return Ok(None) };
    match form {
        TapeForm::Zip => {
            let location = sync::find_recording(&service.services, &found.owner, &found.item).await;
            location.map_err(unless_of_the_document)
        }
        // A posted video, which never was a recording.
        TapeForm::Mp4 { url } => url.as_deref().map(|url| posted(service, url)).transpose(),
    }
}

/// The address of the video or the poster, once it is made.
async fn made(service: &Service, found: &Found, file: File) -> Result<Option<String>, Problem> {
    let Content::Tape { code, form, .. } = &found.item.content else { return Ok(None) };
    if let (File::Video, TapeForm::Mp4 { url: Some(url) }) = (file, form) {
        return posted(service, url).map(Some);
    }
    // It may have been found by its id, and its code may not be a valid name.
    if !is_code(code) {
        return Err(Problem::NotFound);
    }
    let key = if file == File::Video { video_key(code) } else { poster_key(code) };
    let (spaces, bucket) = (&service.services.spaces, &service.services.buckets.videos);
    Ok(spaces.size(bucket, &key).await?.map(|_| spaces.public_url(bucket, &key)))
}

/// The address of a posted video. A document may name any address, but redirects lead only to the site's own files.
fn posted(service: &Service, url: &str) -> Result<String, Problem> {
    let own = service.services.spaces.own_address(url).map_err(unless_of_the_document)?;
    Ok(own.into())
}

/// Treats an invalid document as not found. That is not an internal error, and must not be logged as one.
fn unless_of_the_document(error: Error) -> Problem {
    if error.fault() == Fault::Input { Problem::NotFound } else { error.into() }
}

fn redirect(url: &str) -> Response {
    let headers: [(HeaderName, String); 2] =
        [(LOCATION, url.into()), (CACHE_CONTROL, format!("public, max-age={FRESH}"))];
    (StatusCode::FOUND, headers).into_response()
}

fn later() -> Response {
    let headers = [(RETRY_AFTER, AGAIN.to_string()), (CACHE_CONTROL, "no-store".into())];
    (StatusCode::ACCEPTED, headers, Json(json!({ "status": "processing", "retryAfter": AGAIN }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_a_code_and_what_is_wanted_of_it() {
        for (name, parsed) in [
            ("9Yo", Some(("9Yo", File::Zip))),
            ("9Yo.zip", Some(("9Yo", File::Zip))),
            ("9Yo.mp4", Some(("9Yo", File::Video))),
            ("9Yo.jpg", Some(("9Yo", File::Poster))),
            ("9Yo.exe", None),
            ("9Yo.mp4.zip", None),
            (".mp4", None),
            ("", None),
            ("..", None),
            ("../x.mp4", None),
            ("a/b", None),
            ("9Yo\0.mp4", None),
        ] {
            assert_eq!(parse(name), parsed, "{name:?}");
        }
    }
}
