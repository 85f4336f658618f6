//! The names that a tape's files have in the bucket of videos. The site, and its deletion of accounts, look for these.

/// Of the video.
#[must_use]
pub fn video_key(code: &str) -> String {
    format!("tapes/{code}.mp4")
}

/// Of the poster.
#[must_use]
pub fn poster_key(code: &str) -> String {
    format!("tapes/{code}-thumb.jpg")
}
