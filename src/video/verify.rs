//! Reads a finished MP4 back and compares it with the intended result.

use std::fs::File;
use std::io::Seek;

use ffmpeg_next as ffmpeg;

use ffmpeg::Rational;
use ffmpeg::format::context::StreamIo;
use ffmpeg::{format, media};

use crate::error::{Error, Result, VideoError};
use crate::tape::{TICKS_PER_SECOND, Timeline};

use super::reader::as_stored;
use super::{boxes, libav};

/// The tolerance of times: half a millisecond.
const TOLERANCE: i64 = TICKS_PER_SECOND / 2000;

/// Checks that an MP4 has its index first and one packet for each frame of `timeline`, shown at its time, the last one
/// until the end, and sound if and only if `has_sound`.
///
/// # Errors
/// [`VideoError::Verify`] with the first difference.
pub fn verify(file: &mut File, timeline: &Timeline, has_sound: bool) -> Result<()> {
    let order: Vec<_> = boxes::top(file)?.into_iter().map(|top| top.name).collect();
    if order != [*b"ftyp", *b"moov", *b"mdat"] {
        return wrong("does not have its index first".into());
    }
    let file = file.rewind().and_then(|()| file.try_clone());
    let file =
        file.map_err(|error| Error::Video(VideoError::Verify { what: format!("cannot be read back ({error})") }))?;
    let stream = StreamIo::from_read_seek(file).map_err(libav("reopen the MP4"))?;
    let mut input = format::input_from_stream(stream, None, Some(as_stored())).map_err(libav("reopen the MP4"))?;
    let (video, clock, end) = match input.streams().best(media::Type::Video) {
        Some(video) => (video.index(), video.time_base(), rescale(video.duration(), video.time_base())),
        None => return wrong("has no pictures".into()),
    };
    if input.streams().best(media::Type::Audio).is_some() != has_sound {
        return wrong(if has_sound { "has lost its sound" } else { "has sound that the tape does not have" }.into());
    }
    // Packets come in decoding order.
    let mut found = Vec::with_capacity(timeline.len());
    for (stream, packet) in input.packets() {
        if stream.index() == video {
            found.push(packet.pts().map_or(i64::MIN, |start| rescale(start, clock)));
        }
    }
    found.sort_unstable();
    if found.len() != timeline.len() {
        return wrong(format!("has {} frames; the tape has {}", found.len(), timeline.len()));
    }
    for (frame, (shown, start)) in timeline.shown().zip(&found).enumerate() {
        if (start - shown.start).abs() > TOLERANCE {
            let at = shown.start * 1000 / TICKS_PER_SECOND;
            return wrong(format!("does not show frame {frame} at {at} ms"));
        }
    }
    if (end - timeline.end()).abs() > TOLERANCE {
        return wrong(format!(
            "shows its last frame until {:.1} ms; the tape ends at {:.1} ms",
            ms(end),
            ms(timeline.end())
        ));
    }
    let duration = rescale(input.duration(), Rational(1, ffmpeg::ffi::AV_TIME_BASE));
    if (duration - timeline.end()).abs() > TOLERANCE * 4 {
        return wrong(format!("lasts {:.1} ms; the tape lasts {:.1} ms", ms(duration), ms(timeline.end())));
    }
    Ok(())
}

fn wrong(what: String) -> Result<()> {
    Err(Error::Video(VideoError::Verify { what }))
}

fn ms(ticks: i64) -> f64 {
    ticks as f64 * 1000.0 / TICKS_PER_SECOND as f64
}

fn rescale(time: i64, clock: Rational) -> i64 {
    use ffmpeg::rescale::Rescale;
    time.rescale(clock, Rational(1, TICKS_PER_SECOND as i32))
}
