//! Reads a finished MP4 back and holds it against what was meant.

use std::fs::File;
use std::io::Seek;

use ffmpeg_next as ffmpeg;

use ffmpeg::Rational;
use ffmpeg::format::context::StreamIo;
use ffmpeg::{format, media};

use crate::error::{Error, Result};
use crate::tape::{TICKS_PER_SECOND, Timeline};

use super::reader::as_stored;
use super::{boxes, libav};

/// How far a time may be off: half a millisecond.
const TOLERANCE: i64 = TICKS_PER_SECOND / 2000;

/// Checks that an MP4 has its index first and one packet for each frame of `timeline`, at its time and for its
/// duration, and sound exactly if `has_sound`.
///
/// # Errors
/// [`Error::Verify`] with the first difference.
pub fn verify(file: &mut File, timeline: &Timeline, has_sound: bool) -> Result<()> {
    let order: Vec<_> = boxes::top(file)?.into_iter().map(|top| top.name).collect();
    if order != [*b"ftyp", *b"moov", *b"mdat"] {
        return wrong("does not have its index first".into());
    }
    let file = file.rewind().and_then(|()| file.try_clone());
    let file = file.map_err(|error| Error::Verify { what: format!("cannot be read back ({error})") })?;
    let stream = StreamIo::from_read_seek(file).map_err(libav("reopen the MP4"))?;
    let mut input = format::input_from_stream(stream, None, Some(as_stored())).map_err(libav("reopen the MP4"))?;
    let (video, clock) = match input.streams().best(media::Type::Video) {
        Some(video) => (video.index(), video.time_base()),
        None => return wrong("has no pictures".into()),
    };
    if input.streams().best(media::Type::Audio).is_some() != has_sound {
        return wrong(if has_sound { "has lost its sound" } else { "has sound that the tape does not have" }.into());
    }
    let ticks = |time: i64| rescale(time, clock);
    let mut shown = timeline.shown();
    let mut frames = 0;
    for (stream, packet) in input.packets() {
        if stream.index() != video {
            continue;
        }
        let Some(expected) = shown.next() else { return wrong(format!("has more than {} frames", timeline.len())) };
        let (start, duration) = (packet.pts().map(ticks), ticks(packet.duration()));
        if start.is_none_or(|start| (start - expected.start).abs() > TOLERANCE)
            || (duration - expected.duration).abs() > TOLERANCE
        {
            let at = expected.start * 1000 / TICKS_PER_SECOND;
            return wrong(format!("does not show frame {frames} at {at} ms for its time"));
        }
        frames += 1;
    }
    if frames != timeline.len() {
        return wrong(format!("has {frames} frames; the tape has {}", timeline.len()));
    }
    let duration = rescale(input.duration(), Rational(1, ffmpeg::ffi::AV_TIME_BASE));
    if (duration - timeline.end()).abs() > TOLERANCE * 4 {
        let ms = |ticks: i64| ticks as f64 * 1000.0 / TICKS_PER_SECOND as f64;
        return wrong(format!("lasts {:.1} ms; the tape lasts {:.1} ms", ms(duration), ms(timeline.end())));
    }
    Ok(())
}

fn wrong(what: String) -> Result<()> {
    Err(Error::Verify { what })
}

fn rescale(time: i64, clock: Rational) -> i64 {
    use ffmpeg::rescale::Rescale;
    time.rescale(clock, Rational(1, TICKS_PER_SECOND as i32))
}
