//! Measures the quality of a tape's MP4: its pictures, their times and exactness, and its size.
//!
//! The MP4 may come from any converter that enlarges the tape by a whole number. It is decoded twice: first to find the
//! picture of the tape that each of its frames shows (`align`), then to compare the two (`quality`, `flat`). In memory
//! are a few hundred numbers per frame, and no more than a handful of pictures.
//!
//! ```
//! use std::path::Path;
//! # use std::fs::File;
//! # use telecine::{tape::{Limits, Tape}, video::{Options, Presets, transcode}};
//! use telecine::measure::measure;
//! use telecine::video::Monitor;
//!
//! # let tape = Tape::open(File::open("fixtures/tapes/minimal.zip")?, &Limits::default())?;
//! # let (presets, pool) = (Presets::built_in()?, rayon::ThreadPoolBuilder::new().build()?);
//! # let (mut mp4, preset) = (tempfile::tempfile()?, presets.get("swift")?);
//! # transcode(&tape, preset, Options::default(), &pool, &Monitor::nobody(), &mut mp4)?;
//! let measured = measure(&tape, &mp4, Path::new("tape.mp4"), &Monitor::nobody())?;
//! assert_eq!((measured.scale, measured.dropped, measured.doubled), (2, 0, 0));
//! assert!(measured.psnr > 35.0, "decibels, at the size of the tape");
//! assert!(measured.time_error.ms.abs() < 1.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod align;
mod flat;
mod quality;
mod sound;
mod summary;

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;

use crate::error::{Error, Result, VideoError};
use crate::picture::{self, Picture};
use crate::tape::{Reel, TICKS_PER_SECOND, Tape};
use crate::video::{Facts, Geometry, Monitor, Reader, Reduced};

use align::{Moment, Signature};
use quality::Likeness;

pub use quality::BEST_PSNR;
use summary::Summary;
pub use summary::{FrameQuality, Worst};

/// Pictures that wait for comparison, per thread: enough to keep it busy while others are decoded.
const WAITING: usize = 2;

/// How an MP4 compares with its tape.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measurement {
    /// Facts from the file's headers.
    #[serde(flatten)]
    pub facts: Facts,
    /// The factor by which the tape is enlarged, in pixels per pixel.
    pub scale: u32,
    /// Frames in the MP4.
    pub frames: usize,
    /// The end of its last frame, in seconds from the start.
    pub seconds: f64,
    /// Bits per second, of everything in the file.
    pub bit_rate: f64,
    /// PSNR of the mean error of all samples of all frames, in dB; [`BEST_PSNR`] if exact.
    pub psnr: f64,
    /// The mean of the frames' own PSNRs, in dB.
    pub psnr_of_frames: f64,
    /// The frame with the lowest PSNR.
    pub psnr_worst: Worst,
    /// Mean structural similarity; 1 is the best.
    pub ssim: f64,
    /// The frame with the lowest structural similarity.
    pub ssim_worst: Worst,
    /// The share of pixels with exactly the tape's colour, 0 to 1.
    pub exact: f64,
    /// The share of pixels that are flat in the tape, 0 to 1: all pixels within two pixels of them have the same colour.
    pub flat: f64,
    /// The error of flat pixels: the root of the mean squared error of their samples, in levels of 255. Rounding to
    /// 8-bit limited range alone costs about 0.6. `None` if nothing is flat.
    pub flat_error: Option<f64>,
    /// The frame with the largest error of flat pixels.
    pub flat_error_worst: Option<Worst>,
    /// By how many levels of luma the steps between blocks of the coder (every 8 pixels of the video) exceed those
    /// beside them, where the tape is smooth. `None` from ×8 on, where all of the tape's pixels begin a block.
    pub blockiness: Option<f64>,
    /// The picture with the largest error of time.
    pub time_error: TimeError,
    /// How much longer it is than the tape, in ms.
    pub duration_error_ms: f64,
    /// Pictures of the tape that are never shown.
    pub dropped: usize,
    /// Frames that repeat a picture although the tape does not.
    pub doubled: usize,
    /// How much later the sound comes than in the tape, in ms; `None` without sound, or if it is not the tape's.
    pub sound_offset_ms: Option<f64>,
    /// The frames one by one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<FrameQuality>,
}

/// A picture that appears too late or too early.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TimeError {
    /// The delay in ms; negative if it is early.
    pub ms: f64,
    /// The index of the frame in the tape.
    pub frame: usize,
}

/// Compares the video in `file` with the tape it was made from. `path` is for error texts.
///
/// # Errors
/// Errors of the tape; [`crate::error::FileError::Read`], [`VideoError::Unusable`] or [`VideoError::Libav`] for the
/// video; [`Error::Interrupted`].
pub fn measure(tape: &Tape, file: &File, path: &Path, monitor: &Monitor) -> Result<Measurement> {
    let reader = Reader::open(file, path)?;
    let geometry = reader.fit(tape.width, tape.height)?;
    monitor.begin(tape.frame_count() + 2 * reader.facts.frames);

    let (looks, played) =
        rayon::join(|| look_at_tape(tape, &geometry, monitor), || look_at_video(&reader, &geometry, monitor));
    let (looks, played) = (looks?, played?);
    let (pictures, moments) = moments(tape, looks);
    let alignment = align::align(&moments, &played.frames);
    let shows: Vec<usize> = alignment.shows.iter().map(|&moment| pictures[moment]).collect();

    let qualities = compare(tape, &reader, &geometry, &shows, monitor)?;
    let Some(summary) = Summary::of(&qualities) else {
        return Err(Error::Video(VideoError::Unusable { path: path.into(), what: "has no pictures".into() }));
    };
    let end = if played.end > 0 { played.end } else { reader.facts.duration };
    let (late, ticks) = alignment.time_error(&moments, &played.frames).unwrap_or_default();
    Ok(Measurement {
        scale: geometry.scale,
        frames: qualities.len(),
        seconds: seconds(end),
        bit_rate: reader.facts.bytes as f64 * 8.0 / seconds(end.max(1)),
        psnr: summary.psnr,
        psnr_of_frames: summary.psnr_of_frames,
        psnr_worst: summary.psnr_worst,
        ssim: summary.ssim,
        ssim_worst: summary.ssim_worst,
        exact: summary.exact,
        flat: summary.flat,
        flat_error: summary.flat_error,
        flat_error_worst: summary.flat_error_worst,
        blockiness: summary.blockiness,
        time_error: TimeError { ms: milliseconds(ticks), frame: pictures[late] },
        duration_error_ms: milliseconds(end - tape.end()),
        dropped: alignment.dropped(&moments),
        doubled: alignment.doubled(&moments),
        sound_offset_ms: sound_offset(tape, &reader, monitor)?,
        series: qualities.into_iter().map(|(frame, _)| frame).collect(),
        facts: reader.facts,
    })
}

/// The picture at frame `index` of a video (0.. in the order of time), at the size of the tape.
///
/// # Errors
/// As [`measure`]; also [`VideoError::Unusable`] if there are fewer frames.
pub fn frame(tape: &Tape, file: &File, path: &Path, index: usize, monitor: &Monitor) -> Result<Picture> {
    let reader = Reader::open(file, path)?;
    let geometry = reader.fit(tape.width, tape.height)?;
    let (mut passed, mut found) = (0, None);
    reader.play(&geometry, monitor, |played| {
        found = (passed == index).then(|| played.picture.rounded());
        passed += 1;
        Ok(found.is_none())
    })?;
    found.ok_or_else(|| Error::Video(VideoError::Unusable { path: path.into(), what: format!("has no frame {index}") }))
}

fn seconds(ticks: i64) -> f64 {
    ticks as f64 / TICKS_PER_SECOND as f64
}

fn milliseconds(ticks: i64) -> f64 {
    seconds(ticks) * 1000.0
}

/// The comparable part of a picture of the tape: a video cropped to even sides shows less.
fn load(
    reel: &mut Reel<'_>,
    decoder: &mut picture::Decoder,
    index: usize,
    (width, height): (u32, u32),
    picture: &mut Picture,
) -> Result<()> {
    reel.picture(index, decoder, picture)?;
    picture.place_on(width, height);
    Ok(())
}

/// The size that a video of this geometry is reduced to.
fn compared_size(geometry: &Geometry) -> (u32, u32) {
    let side = |source: u32, video: u32| source.min(video.div_ceil(geometry.scale));
    (side(geometry.source_width, geometry.width), side(geometry.source_height, geometry.height))
}

/// The signature of each frame of the tape, and a hash of its pixels.
fn look_at_tape(tape: &Tape, geometry: &Geometry, monitor: &Monitor) -> Result<Vec<(Signature, u64)>> {
    let size = compared_size(geometry);
    let lane = || (tape.reel(), picture::Decoder::default(), Picture::default());
    let look = |(reel, decoder, picture): &mut (Reel<'_>, picture::Decoder, Picture), index| {
        monitor.check()?;
        load(reel, decoder, index, size, picture)?;
        let mut hasher = DefaultHasher::new();
        picture.rgb.hash(&mut hasher);
        monitor.encoded(1);
        Ok((align::signature(picture), hasher.finish()))
    };
    (0..tape.frame_count()).into_par_iter().map_init(lane, look).collect()
}

/// The frames of a video as they are aligned.
struct Looks {
    frames: Vec<(i64, Signature)>,
    /// The end of the last frame, in ticks; 0 if unknown.
    end: i64,
}

fn look_at_video(reader: &Reader<'_>, geometry: &Geometry, monitor: &Monitor) -> Result<Looks> {
    let mut looks = Looks { frames: Vec::new(), end: 0 };
    reader.play(geometry, monitor, |played| {
        looks.frames.push((played.start, align::signature(&played.picture.rounded())));
        looks.end = if played.end > played.start { played.end } else { 0 };
        monitor.encoded(1);
        Ok(true)
    })?;
    Ok(looks)
}

/// The pictures of a tape, with equal neighbours as one: the first frame of each, and the data for alignment.
fn moments(tape: &Tape, looks: Vec<(Signature, u64)>) -> (Vec<usize>, Vec<Moment>) {
    let merged = tape.timeline.merge(|frame| frame > 0 && looks[frame].1 == looks[frame - 1].1);
    let pictures: Vec<usize> = merged.shown().map(|shown| shown.frame).collect();
    let mut signatures = looks.into_iter().map(|(signature, _)| signature);
    let mut taken = 0;
    let moments = merged.shown().enumerate().map(|(index, shown)| {
        let next = pictures.get(index + 1).copied().unwrap_or(tape.frame_count());
        let signature = signatures.nth(shown.frame - taken).unwrap_or_default();
        taken = shown.frame + 1;
        Moment { start: shown.start, end: shown.start + shown.duration, frames: next - shown.frame, signature }
    });
    let moments = moments.collect();
    (pictures, moments)
}

/// Compares every frame of the video with the frame of the tape that it shows.
fn compare(
    tape: &Tape,
    reader: &Reader<'_>,
    geometry: &Geometry,
    shows: &[usize],
    monitor: &Monitor,
) -> Result<Vec<(FrameQuality, Likeness)>> {
    let size = compared_size(geometry);
    let lane = || (tape.reel(), picture::Decoder::default(), Picture::default());
    let judge = |(reel, decoder, wanted): &mut (Reel<'_>, picture::Decoder, Picture), waiting: &Waiting| {
        monitor.check()?;
        load(reel, decoder, waiting.frame, size, wanted)?;
        let likeness = quality::compare(wanted, &waiting.picture, geometry.scale);
        monitor.encoded(1);
        let (frame, seconds, bytes) = (waiting.frame, seconds(waiting.start), waiting.bytes);
        let (psnr, flat_error) = (quality::psnr(likeness.mse), likeness.flat.mean().map(f64::sqrt));
        Ok((FrameQuality { frame, seconds, psnr, ssim: likeness.ssim, flat_error, bytes }, likeness))
    };
    let most = WAITING * rayon::current_num_threads();
    let (mut waiting, mut qualities) = (Vec::with_capacity(most), Vec::with_capacity(shows.len()));
    let mut judge_all = |waiting: &mut Vec<Waiting>| -> Result<()> {
        let judged: Result<Vec<_>> = waiting.par_iter().map_init(lane, judge).collect();
        waiting.clear();
        qualities.extend(judged?);
        Ok(())
    };
    let mut shows = shows.iter();
    reader.play(geometry, monitor, |played| {
        let Some(&frame) = shows.next() else { return Ok(false) };
        let (start, bytes, picture) = (played.start, played.bytes, played.picture.clone());
        waiting.push(Waiting { frame, start, bytes, picture });
        if waiting.len() == most {
            judge_all(&mut waiting)?;
        }
        Ok(true)
    })?;
    judge_all(&mut waiting)?;
    Ok(qualities)
}

/// A frame of the video that waits for comparison.
struct Waiting {
    frame: usize,
    start: i64,
    bytes: u64,
    picture: Reduced,
}

fn sound_offset(tape: &Tape, reader: &Reader<'_>, monitor: &Monitor) -> Result<Option<f64>> {
    let Some(soundtrack) = tape.soundtrack().filter(|_| reader.facts.sound) else { return Ok(None) };
    let (rate, channels) = (soundtrack.rate, usize::from(soundtrack.channels));
    let mono = |samples: &[f32]| -> Vec<f32> {
        samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect()
    };
    let mut loudest = sound::Loudest::default();
    let played = tape.reel().play_sound(|samples| {
        monitor.check()?;
        loudest.take(rate, mono(samples).into_iter());
        Ok(true)
    });
    match played {
        Err(error) if error.is_flaw() => return Ok(None),
        played => played?,
    }
    let Some(start) = loudest.start() else { return Ok(None) };
    let (mut part, mut around) = (sound::Stretch::part(start), sound::Stretch::around(start));
    let mut passed = 0;
    tape.reel().play_sound(|samples| {
        let time = passed as f64 / f64::from(rate);
        passed += samples.len() / channels;
        Ok(part.take(time, rate, mono(samples).into_iter()))
    })?;
    reader.play_sound(|time, rate, samples| {
        monitor.check()?;
        Ok(around.take(time, rate, samples.iter().copied()))
    })?;
    Ok(sound::offset(&part, &around))
}
