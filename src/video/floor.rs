//! A quality floor: finds the coarsest quantiser at which even the worst frame of a chunk is good enough.
//!
//! A trial measures the effect of a quantiser. If the preset requires proof, frames of the whole chunk are also
//! compared with the tape, and a chunk that falls short is encoded once more. The bounds of the quantiser depend on how
//! busy the pictures are: raising noise to the floor would take ten times the bytes without looking better.

use crate::error::Result;
use crate::tape::{Shown, TICKS_PER_SECOND};

use super::complexity::quantiser;
use super::encode::{Chunk, Complexity, Part, Plan};
use super::frame_source::FrameSource;
use super::monitor::Monitor;
use super::quality::{Floor, Place, Quality, Trial};
use super::trial::sample;

/// Frames of a trial: a key frame, and three B-frames with their reference.
const FRAMES: usize = 5;

/// Frames of a chunk that prove its quality.
const PROOFS: usize = 20;

/// The shortfall in decibels that does not justify another encoding, which costs as much as the first: it is invisible.
const TOLERANCE: f32 = 0.1;

/// Decibels per step of the quantiser, if there is only one trial: the minimum for smooth pictures, and the maximum for
/// flat ones.
const STEP: (f32, f32) = (0.45, 1.1);

/// The minimum decibels per coarser step when a surplus is spent: the worst frame loses more than those of a trial.
const COARSER_STEP: f32 = 0.7;

/// How far the result may lie from the second trial, in steps.
const REACH: i16 = 4;

/// Steps of the finest quantiser per doubling of the frame rate, similar to libx264's constant rate factor: a frame
/// that is shown for a shorter time matters less.
const STEPS_PER_DOUBLED_RATE: f32 = 3.0;

/// The same per doubling of the complexity: calm content is referenced for longer.
const STEPS_PER_DOUBLED_COMPLEXITY: f32 = 0.6;

/// The frame rate at which the preset's finest quantiser applies unchanged, as in libx264.
const MIDDLE_RATE: f32 = 25.0;

/// The range in which the rate has an effect.
const RATES: (f32, f32) = (12.0, 100.0);

/// The target for a chunk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aim {
    /// The quantiser.
    pub quantiser: u8,
    /// The finest quantiser allowed for the chunk.
    finest: u8,
    /// The minimum PSNR of its worst frame, in decibels.
    psnr: f32,
    /// The minimum decibels per finer step.
    step: f32,
}

/// A mean squared error in decibels.
pub fn decibels(error: f32) -> f32 {
    10.0 * (255.0 * 255.0 / error.max(f32::MIN_POSITIVE)).log10()
}

impl Plan<'_> {
    /// Encodes a chunk with its worst frame at or above the floor, within the floor's bounds.
    ///
    /// # Errors
    /// As [`Plan::encode`].
    pub fn encode_above(
        &self,
        floor: Floor,
        part: Part<'_>,
        source: &mut impl FrameSource,
        monitor: &Monitor,
    ) -> Result<Chunk> {
        let aim = self.aim(floor, part.frames, monitor)?;
        let chunk = self.encode_at(Quality::Qp(aim.quantiser), part, source, monitor)?;
        if !floor.proven || aim.quantiser <= aim.finest {
            return Ok(chunk);
        }
        let chunk = self.proven(chunk, part.frames)?;
        let missing = chunk.worst_psnr.map_or(0.0, |worst| aim.psnr - TOLERANCE - worst);
        if missing <= 0.0 {
            return Ok(chunk);
        }
        let finer = aim.quantiser.saturating_sub((missing / aim.step).ceil() as u8).max(aim.finest);
        let finer = self.encode_at(Quality::Qp(finer), part, source, &monitor.quiet())?;
        self.proven(finer, part.frames)
    }

    /// The chunk with the worst PSNR of a sample of its frames.
    fn proven(&self, chunk: Chunk, frames: &[Shown]) -> Result<Chunk> {
        let error = self.worst_error(&chunk, frames, frames.len().div_ceil(PROOFS))?;
        Ok(Chunk { worst_psnr: Some(decibels(error)), ..chunk })
    }

    /// Finds the quantiser for a chunk by one or two trials.
    ///
    /// # Errors
    /// As [`Plan::encode`].
    pub fn aim(&self, floor: Floor, frames: &[Shown], monitor: &Monitor) -> Result<Aim> {
        let Trial { ipratio, margin, .. } = floor.trial;
        let Bounds { finest, coarsest, place } = self.bounds(floor, frames)?;
        let frames = sample(frames, place, FRAMES);
        let first = u8::midpoint(finest, coarsest);
        let trial = self.trial(frames, first, ipratio, monitor)?;
        // If the recipe smears colours, a smaller error than its other errors would be wasted.
        let as_finest = decibels(trial) + STEP.0 * (f32::from(first) - f32::from(finest));
        let in_recipe = decibels(10.0_f32.powf(-as_finest / 10.0) * 255.0 * 255.0 + self.smear);
        let psnr = if floor.as_recipe { floor.psnr.min(in_recipe) } else { floor.psnr };
        let next = towards(psnr + margin, (first, trial), STEP).clamp(finest, coarsest);
        if next.abs_diff(first) < 2 {
            return Ok(Aim { quantiser: next, finest, psnr, step: STEP.0 });
        }
        let second = self.trial(frames, next, ipratio, monitor)?;
        let step = (decibels(trial) - decibels(second)) / (f32::from(next) - f32::from(first));
        let step = step.clamp(STEP.0 / 2.0, STEP.1 * 2.0);
        let last = towards(psnr + margin, (next, second), (step, step.max(COARSER_STEP))).clamp(finest, coarsest);
        Ok(Aim { quantiser: last, finest, psnr, step: step.min(STEP.1) })
    }

    fn bounds(&self, floor: Floor, frames: &[Shown]) -> Result<Bounds> {
        let Complexity { mean, busiest, calm } = self.complexity(frames)?;
        let place = match floor.trial.at {
            Place::Busiest => busiest,
            Place::Calm => calm,
        };
        let coarsest = quantiser(floor.coarsest, mean);
        let finest = finest_quantiser(floor.finest, mean, frames).min(coarsest);
        Ok(Bounds { finest, coarsest, place })
    }
}

/// The bounds for a chunk.
struct Bounds {
    finest: u8,
    coarsest: u8,
    /// The place of trials: the index of a frame.
    place: usize,
}

/// The finest quantiser for frames of this complexity; `middle` is the one for complexity 1 at [`MIDDLE_RATE`].
fn finest_quantiser(middle: f32, complexity: f32, frames: &[Shown]) -> u8 {
    let ticks: i64 = frames.iter().map(|shown| shown.duration).sum();
    let rate = frames.len() as f32 * TICKS_PER_SECOND as f32 / ticks.max(1) as f32;
    let of_rate = STEPS_PER_DOUBLED_RATE * (rate.clamp(RATES.0, RATES.1) / MIDDLE_RATE).log2();
    let of_complexity = STEPS_PER_DOUBLED_COMPLEXITY * complexity.clamp(0.1, 100.0).log2();
    (middle + of_rate + of_complexity).round().clamp(1.0, 51.0) as u8
}

/// The quantiser that should bring the worst frame to `psnr`, extrapolated from a trial. The last argument is the
/// decibels per finer and per coarser step.
fn towards(psnr: f32, (at, trial): (u8, f32), (finer, coarser): (f32, f32)) -> u8 {
    let surplus = decibels(trial) - psnr;
    let steps = (surplus / if surplus < 0.0 { finer } else { coarser }).floor() as i16;
    (i16::from(at) + steps.clamp(-REACH * 2, REACH)).clamp(1, 51) as u8
}
