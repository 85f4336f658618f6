//! Converts a tape to an MP4: tries all candidate encodings, meets the size limit, verifies the result, and proves it
//! if it is lossless.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::time::Duration;

use rayon::ThreadPool;
use serde::Serialize;

use crate::error::{Error, FileError, Result, VideoError};
use crate::tape::{Shown, Tape, Timeline, Warning};

use super::choose::{Candidates, candidates};
use super::encode::Plan;
use super::encoding::{Codec, Encoding};
use super::exact::prove;
use super::join::{Muxed, encode_and_mux};
use super::look::Look;
use super::monitor::Monitor;
use super::preset::Preset;
use super::quality::Quality;
use super::rate::declared_rate;
use super::schedule::{Options, timeline};
use super::thousandths;
use super::verify::verify;

/// How often a video that is too large is encoded before giving up. Bits follow the quantiser closely, so the second
/// attempt nearly always fits; pictures of pure noise take five.
const ATTEMPTS: usize = 8;

/// How many bytes larger than its tape's pictures a lossless video may always be: headers, which do not shrink with the
/// tape.
const HEADERS: u64 = 4096;

/// The resulting video.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Transcoded {
    /// Frames in the tape.
    pub frames: usize,
    /// Frames in the video: equal neighbours are merged.
    pub kept: usize,
    /// The length of the video.
    #[serde(rename = "seconds", serialize_with = "as_seconds")]
    pub duration: Duration,
    /// Width of the video in pixels.
    pub width: u32,
    /// Height of the video in pixels.
    pub height: u32,
    /// The factor by which the tape is enlarged.
    pub scale: u32,
    /// Whether it has sound.
    pub sound: bool,
    /// Bytes.
    pub bytes: u64,
    /// The encoding of the preset, if there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The codec.
    pub codec: Codec,
    /// The quality it was encoded at.
    pub quality: Quality,
    /// The finest and the coarsest quantiser, if one was chosen per chunk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantisers: Option<(u8, u8)>,
    /// If the preset requires proof: the worst PSNR of the frames that were decoded again, in decibels, in RGB at the
    /// size of the tape.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "thousandths::optional")]
    pub worst_psnr: Option<f32>,
    /// The look of the tape, if it decided between several encodings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look: Option<Look>,
    /// Warnings about the tape and the video.
    pub warnings: Vec<Warning>,
}

impl Transcoded {
    fn warned_of(mut self, warnings: Vec<Warning>) -> Self {
        self.warnings.extend(warnings);
        self
    }
}

fn as_seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

/// Makes a video of a tape, verifies it, and writes it to `file`.
///
/// `file` must be open for reading and writing; its old contents are lost. Call this from outside of `pool`, because it
/// blocks.
///
/// # Errors
/// Errors of the tape, with a strict preset also [`crate::error::TapeError::Strict`]; [`VideoError::Libav`];
/// [`Error::Limit`] for a video that cannot be made small enough; [`VideoError::Verify`]; [`FileError::Output`];
/// [`Error::Interrupted`]. Then the contents of `file` are undefined.
pub fn transcode(
    tape: &Tape,
    preset: &Preset,
    options: Options,
    pool: &ThreadPool,
    monitor: &Monitor,
    file: &mut File,
) -> Result<Transcoded> {
    super::prepare();
    if preset.strict {
        tape.demand_no_flaws()?;
    }
    let has_sound = tape.soundtrack().is_some();
    let mut made = match encode_with_all(tape, preset, options, pool, monitor, file) {
        // The sound was found damaged when it was played. Without it, the video may end earlier, so encoding restarts.
        Err(error) if has_sound && tape.soundtrack().is_none() && !preset.strict && error.is_flaw() => {
            encode_with_all(tape, preset, options, pool, monitor, file)?
        }
        made => made?,
    };
    // Now all damaged frames are known.
    made.warnings.splice(..0, tape.warnings());
    if preset.strict {
        Error::strict(&made.warnings)?;
    }
    Ok(made)
}

/// Makes a video of a tape in every candidate encoding of the preset, and keeps the best.
fn encode_with_all(
    tape: &Tape,
    preset: &Preset,
    options: Options,
    pool: &ThreadPool,
    monitor: &Monitor,
    file: &mut File,
) -> Result<Transcoded> {
    let timeline = timeline(tape, preset, options)?;
    let frames: Vec<Shown> = timeline.shown().collect();
    let rate = declared_rate(&frames);
    let plan = |encoding| Plan::new(tape, preset, encoding, rate);
    let Candidates { encodings, missing, look } = candidates(tape, preset, &frames, plan, pool, monitor)?;
    let mut warnings: Vec<_> =
        missing.iter().map(|encoding| Warning::NoEncoder { encoder: encoding.encoder() }).collect();
    let mut videos = Vec::new();
    for &encoding in &encodings {
        let mut scratch = tempfile::tempfile().map_err(|source| Error::File(FileError::Scratch { source }))?;
        let file = if encodings.len() == 1 { &mut *file } else { &mut scratch };
        let plan = Plan { smear: look.map_or(0.0, |look| look.smear), ..plan(encoding) };
        let made = transcode_with(plan, preset, &timeline, &frames, pool, monitor, file)?;
        videos.push((Transcoded { look, ..made }, scratch));
    }
    // The first of equals.
    videos.sort_by_key(|(made, _)| made.bytes);
    for (made, mut scratch) in videos {
        if encodings.len() > 1 {
            copy(&mut scratch, file).map_err(|source| Error::File(FileError::Output { source }))?;
        }
        match (made.quality == Quality::Lossless).then(|| prove(file, tape, &timeline, monitor)) {
            Some(Err(Error::Video(VideoError::Verify { what }))) if encodings.len() > 1 => {
                warnings.push(Warning::NotExact { codec: made.codec.name(), because: what });
            }
            Some(Err(error)) => return Err(error),
            Some(Ok(bytes)) => {
                warnings.extend(larger_than_pictures(bytes, tape, &encodings));
                return Ok(made.warned_of(warnings));
            }
            None => return Ok(made.warned_of(warnings)),
        }
    }
    Err(Error::Video(VideoError::Verify { what: "is not exact with any encoder".into() }))
}

/// The warning about a lossless video whose pictures are clearly larger than the tape's.
fn larger_than_pictures(video: u64, tape: &Tape, tried: &[&Encoding]) -> Option<Warning> {
    let pictures = tape.picture_bytes();
    (video > pictures + pictures / 10 + HEADERS).then(|| {
        let mut codecs: Vec<_> = tried.iter().map(|encoding| encoding.codec.name()).collect();
        codecs.dedup();
        let percent = (video as f64 / pictures as f64 - 1.0) * 100.0;
        Warning::LargerThanPictures { percent: percent.round() as u64, codecs }
    })
}

fn copy(from: &mut File, to: &mut File) -> io::Result<()> {
    from.rewind()?;
    to.rewind()?;
    to.set_len(0)?;
    io::copy(from, to)?;
    to.flush()
}

/// Makes a video as planned, and repeats it at lower quality while it is too large.
fn transcode_with(
    mut plan: Plan<'_>,
    preset: &Preset,
    timeline: &Timeline,
    frames: &[Shown],
    pool: &ThreadPool,
    monitor: &Monitor,
    file: &mut File,
) -> Result<Transcoded> {
    let (tape, encoding) = (plan.tape, plan.encoding);
    for _ in 0..ATTEMPTS {
        monitor.begin(frames.len());
        let Muxed { bytes, reached } = encode_and_mux(&plan, frames, timeline.end(), pool, monitor, file)?;
        if let Some(limit) = preset.size_limit.filter(|&limit| bytes > limit) {
            match encoding.quality_to_fit(plan.quality, bytes, limit) {
                Some(worse) if !preset.strict => plan.quality = worse,
                _ => return Err(too_large(bytes, limit)),
            }
            continue;
        }
        verify(file, timeline, tape.soundtrack().is_some())?;
        let lower = preset.size_limit.filter(|_| plan.quality != encoding.quality);
        return Ok(Transcoded {
            frames: tape.frame_count(),
            kept: frames.len(),
            duration: timeline.duration(),
            width: plan.geometry.width,
            height: plan.geometry.height,
            scale: plan.geometry.scale,
            sound: tape.soundtrack().is_some(),
            bytes,
            variant: encoding.variant.clone(),
            codec: encoding.codec,
            quality: plan.quality,
            quantisers: reached.quantisers,
            worst_psnr: reached.worst_psnr,
            look: None,
            warnings: lower.map(Warning::LowerQuality).into_iter().collect(),
        });
    }
    let bytes = file.metadata().map_or(0, |metadata| metadata.len());
    Err(too_large(bytes, preset.size_limit.unwrap_or_default()))
}

fn too_large(bytes: u64, limit: u64) -> Error {
    let limit = format!("{limit} bytes");
    Error::Limit { what: "video has".into(), value: format!("{bytes} bytes"), limit, bound: None }
}
