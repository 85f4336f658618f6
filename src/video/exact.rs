//! Proves that a video is lossless: decodes every picture and compares it with the tape's.

use std::fs::File;
use std::path::Path;

use crate::error::{Error, Result, VideoError};
use crate::picture::{self, Picture};
use crate::tape::{Tape, Timeline};

use super::monitor::Monitor;
use super::reader::Reader;

/// Checks that every frame of `timeline` in a video shows exactly the tape's pixels; returns the size of its pictures
/// in bytes.
///
/// # Errors
/// [`VideoError::Verify`] with the first frame that differs; errors of the tape; [`VideoError::Libav`] and
/// [`VideoError::Unusable`] if the video cannot be decoded; [`Error::Interrupted`].
pub fn prove(file: &File, tape: &Tape, timeline: &Timeline, monitor: &Monitor) -> Result<u64> {
    let reader = Reader::open(file, Path::new("the finished video"))?;
    let geometry = reader.fit(tape.width, tape.height)?;
    let (mut reel, mut decoder, mut picture) = (tape.reel(), picture::Decoder::default(), Picture::default());
    let (mut shown, mut bytes) = (timeline.shown(), 0);
    reader.play(&geometry, monitor, |played| {
        let Some(expected) = shown.next() else { return wrong("has more frames than the tape".into()) };
        reel.picture(expected.frame, &mut decoder, &mut picture)?;
        if !played.picture.is_exactly(&picture) {
            return wrong(format!("does not show frame {} exactly", expected.frame));
        }
        bytes += played.bytes;
        Ok(true)
    })?;
    match shown.next() {
        Some(missing) => wrong(format!("does not show frame {}", missing.frame)),
        None => Ok(bytes),
    }
}

fn wrong<T>(what: String) -> Result<T> {
    Err(Error::Video(VideoError::Verify { what }))
}
