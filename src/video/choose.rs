//! Chooses the encodings of a preset that are candidates for a tape.

use rayon::ThreadPool;
use rayon::prelude::*;

use crate::error::{Error, Result, VideoError};
use crate::tape::{Shown, Tape};

use super::encode::{Chunk, Part, Plan};
use super::encoding::Encoding;
use super::installed;
use super::look::{Kind, Look, look};
use super::monitor::Monitor;
use super::paint::Painter;
use super::preset::{Choose, Preset};
use super::schedule::{Options, timeline};

/// Up to this many frames, every encoding encodes the whole tape.
const WHOLE: usize = 240;

/// The number of runs of frames that represent a longer tape, and the length of each.
const RUNS: usize = 4;
const RUN: usize = 30;

/// How much larger than the smallest an encoding may be on the runs and still encode the whole tape.
const MARGIN: f64 = 1.15;

/// The candidates.
pub struct Candidates<'p> {
    /// The encodings to encode the tape with; the smallest video is kept.
    pub encodings: Vec<&'p Encoding>,
    /// The encodings that libav has no encoder for.
    pub missing: Vec<&'p Encoding>,
    /// The look of the tape, if it decided.
    pub look: Option<Look>,
}

/// A preset's choice for a tape, as far as it is known before encoding.
pub struct Choice<'p> {
    /// The encoding, or the candidates of which the smallest video will be kept.
    pub encodings: Vec<&'p Encoding>,
    /// The look of the tape, which decides here or would in another preset.
    pub look: Look,
}

/// Determines a preset's choice for a tape.
///
/// # Errors
/// [`VideoError::NoEncoder`] if libav lacks every usable encoder; errors of the tape.
pub fn choice<'p>(tape: &Tape, preset: &'p Preset, options: Options) -> Result<Choice<'p>> {
    let frames: Vec<_> = timeline(tape, preset, options)?.shown().collect();
    let look = look(tape, &frames)?;
    let usable = usable(preset, installed::has)?.encodings;
    let encodings = if preset.choose == Some(Choose::Look) { vec![suitable(&usable, look.kind)] } else { usable };
    Ok(Choice { encodings, look })
}

/// The first encoding that suits a kind of look, otherwise the first that suits any.
fn suitable<'p>(encodings: &[&'p Encoding], kind: Kind) -> &'p Encoding {
    let suits = |encoding: &&&Encoding| encoding.suits.contains(&kind);
    let any = |encoding: &&&Encoding| encoding.suits.is_empty();
    let encoding = encodings.iter().find(suits).or_else(|| encodings.iter().find(any));
    encoding.copied().unwrap_or(encodings[0])
}

/// Determines the encodings of a preset with which `frames` must be encoded to find the best one.
///
/// # Errors
/// [`VideoError::NoEncoder`] if libav lacks every usable encoder; errors of [`Plan::encode`].
pub fn candidates<'p>(
    tape: &Tape,
    preset: &'p Preset,
    frames: &[Shown],
    plan: impl Fn(&'p Encoding) -> Plan<'p> + Sync,
    pool: &ThreadPool,
    monitor: &Monitor,
) -> Result<Candidates<'p>> {
    let Candidates { encodings, missing, .. } = usable(preset, installed::has)?;
    let mut seen = None;
    let encodings = match preset.choose {
        Some(Choose::Smallest) if encodings.len() > 1 && frames.len() > WHOLE => {
            let size = |encoding: &&'p Encoding| size_of_runs(&plan(encoding), frames, monitor);
            let sizes: Vec<_> = pool.install(|| encodings.par_iter().map(size).collect::<Result<_>>())?;
            let smallest = sizes.iter().copied().fold(f64::INFINITY, f64::min);
            let near = encodings.into_iter().zip(sizes).filter(|(_, size)| *size <= smallest * MARGIN);
            near.map(|(encoding, _)| encoding).collect()
        }
        Some(Choose::Look) => {
            let look = *seen.insert(look(tape, frames)?);
            vec![suitable(&encodings, look.kind)]
        }
        Some(Choose::Smallest) | None => encodings,
    };
    Ok(Candidates { encodings, missing, look: seen })
}

/// The encodings that a libav with these encoders supports: at least one.
fn usable(preset: &Preset, has: impl Fn(&str) -> bool) -> Result<Candidates<'_>> {
    let is_there = |encoding: &&Encoding| has(encoding.encoder());
    let (encodings, missing): (Vec<_>, Vec<_>) = preset.encodings.iter().partition(is_there);
    match (encodings.is_empty(), missing.first()) {
        (true, Some(first)) => Err(Error::Video(VideoError::NoEncoder { name: first.encoder().into() })),
        _ => Ok(Candidates { encodings, missing, look: None }),
    }
}

/// Mean bytes per frame over a few runs. Whole chunks are longer than runs, so key frames are weighted as in a chunk.
fn size_of_runs(plan: &Plan<'_>, frames: &[Shown], monitor: &Monitor) -> Result<f64> {
    let (mut keys, mut others) = (0, 0);
    for run in 0..RUNS {
        let start = (2 * run + 1) * (frames.len() - RUN) / (2 * RUNS);
        let part = Part { frames: &frames[start..start + RUN], is_first: false, is_last: false };
        let Chunk { packets, .. } = plan.encode(part, &mut Painter::new(plan), &monitor.quiet())?;
        let sizes: Vec<_> = packets.iter().map(ffmpeg_next::Packet::size).collect();
        keys += sizes[0];
        others += sizes[1..].iter().sum::<usize>();
    }
    let chunk = plan.encoding.chunk_frames as f64;
    let (key, other) = (keys as f64 / RUNS as f64, others as f64 / (RUNS * (RUN - 1)) as f64);
    Ok(key / chunk + other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::Presets;

    fn names(encodings: &[&Encoding]) -> Vec<&'static str> {
        encodings.iter().map(|encoding| encoding.encoder()).collect()
    }

    #[test]
    fn what_libav_lacks_is_left_out_unless_that_leaves_nothing() {
        let presets = Presets::built_in().unwrap();
        let archive = presets.get("archive").unwrap();
        let found = usable(archive, |name| name != "libaom-av1").unwrap();
        assert!(!names(&found.encodings).contains(&"libaom-av1") && !found.encodings.is_empty());
        assert!(names(&found.missing).iter().all(|name| *name == "libaom-av1") && !found.missing.is_empty());
        assert!(usable(archive, |_| true).unwrap().missing.is_empty());

        let error = usable(presets.get("crisp").unwrap(), |name| name != "libaom-av1").err().unwrap();
        assert_eq!(error.to_string(), "libav has no libaom-av1");
    }
}
