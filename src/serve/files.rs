//! The names of a tape's files in the bucket of videos. The site, and its deletion of accounts, rely on them.

/// The key of the video.
#[must_use]
pub fn video_key(code: &str) -> String {
    format!("tapes/{code}.mp4")
}

/// The key of the poster.
#[must_use]
pub fn poster_key(code: &str) -> String {
    format!("tapes/{code}-thumb.jpg")
}
