//! Finds the picture of a tape that each frame of a video shows.
//!
//! Both are given as signatures: the luma of a picture, averaged over a coarse grid. A video shows pictures in order,
//! so dynamic programming finds the best pairing: every frame costs the difference of the signatures, plus a little for
//! a wrong time, a repetition or a skipped picture. These small costs decide where signatures cannot, for example
//! between frames that differ by one pixel. A video may run on a different clock than its tape, for example with a
//! rounded or fixed rate: then its frames are searched where they would be on the tape's clock. Pure arithmetic.

mod clock;
mod moment;

use std::ops::RangeInclusive;

use crate::tape::TICKS_PER_SECOND;

use clock::Clock;
use moment::difference;
pub use moment::{Moment, Signature, signature};

/// The cost of being some ms late, in squared levels: less than any visible difference.
const LATE: f32 = 0.25;

/// The same, as a share of the difference of signatures from encoding alone. Being off by a frame of 1/60 s costs that
/// much: an encoder that skips a little movement has not repeated the previous picture.
const LATE_BY_NOISE: f32 = 0.6;

/// The cost of repeating or skipping a picture, as a share of the cost of being late.
const REPEAT: f32 = 0.4;

/// The pairing of the frames of a video with pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct Alignment {
    /// The index of a picture for each frame; never decreasing.
    pub shows: Vec<usize>,
}

/// The cost of being off by this many ticks, as a share of [`LATE`]. It grows slowly, so that it never outweighs the
/// pictures themselves.
fn lateness(ticks: i64) -> f32 {
    let milliseconds = ticks.abs() as f32 * 1000.0 / TICKS_PER_SECOND as f32;
    (milliseconds / 4.0).ln_1p()
}

/// The best path to a picture at a frame: its cost, and the picture of the previous frame.
#[derive(Clone, Copy)]
struct Way {
    cost: f32,
    from: u32,
}

/// Pairs frames, each with its time in ticks, with the pictures of a tape. There must be at least one picture.
///
/// If frames seem dropped or doubled, other clocks are tried as well, and the best pairing wins.
pub fn align(moments: &[Moment], frames: &[(i64, Signature)]) -> Alignment {
    let own = Clock::own(moments, frames);
    let alignment = pair_best(std::slice::from_ref(&own), moments, frames);
    if alignment.dropped(moments) + alignment.doubled(moments) == 0 {
        return alignment;
    }
    let clocks = [own, Clock::stretched(moments, frames), Clock::counted(moments, frames.len())];
    pair_best(&clocks, moments, frames)
}

/// Pairs on each clock and takes the best; the first of equals.
///
/// Pairs twice: the weight of time depends on the loss from encoding, which is known only after a first pairing.
fn pair_best(clocks: &[Clock], moments: &[Moment], frames: &[(i64, Signature)]) -> Alignment {
    let pair_by_all = |late: f32| clocks.iter().map(move |clock| pair(clock, moments, frames, late));
    let mut paired: Vec<_> = pair_by_all(LATE).collect();
    let noise = paired.iter().map(|paired| noise(moments, frames, &paired.shows)).fold(f32::INFINITY, f32::min);
    let late = LATE_BY_NOISE * noise;
    if late > LATE {
        paired = pair_by_all(late).collect();
    }
    let best = paired.into_iter().min_by(|one, other| one.cost.total_cmp(&other.cost));
    Alignment { shows: best.map(|paired| paired.shows).unwrap_or_default() }
}

/// The difference of signatures from encoding, as the median over the frames.
fn noise(moments: &[Moment], frames: &[(i64, Signature)], shows: &[usize]) -> f32 {
    let mut noise: Vec<f32> =
        shows.iter().zip(frames).map(|(&show, frame)| difference(&frame.1, &moments[show].signature)).collect();
    noise.sort_by(f32::total_cmp);
    noise.get(noise.len() / 2).copied().unwrap_or_default()
}

/// Frames with their pictures, and the total cost.
struct Paired {
    shows: Vec<usize>,
    cost: f32,
}

/// Pairs frames with pictures, given the cost of being late.
fn pair(clock: &Clock, moments: &[Moment], frames: &[(i64, Signature)], late: f32) -> Paired {
    let repeat = REPEAT * late;
    let lateness = |ticks: i64| late * lateness(ticks);
    let bands: Vec<_> = clock.bands();
    let mut ways: Vec<Vec<Way>> = Vec::with_capacity(frames.len());
    for ((&time, (_, signature)), band) in clock.frames.iter().zip(frames).zip(&bands) {
        let before = ways.last().map(Vec::as_slice).zip(ways.len().checked_sub(1).map(|last| &bands[last]));
        // The cheapest of the previous pictures to come from, skipping those in between.
        let mut best = Way { cost: if before.is_some() { f32::INFINITY } else { -repeat }, from: 0 };
        let mut passed = before.map_or(0, |(_, band)| *band.start());
        let mut here = Vec::with_capacity(band.clone().count());
        for picture in band.clone() {
            let shown = |picture: usize| {
                let (before, band) = before.filter(|(_, band)| band.contains(&picture))?;
                Some(before[picture - band.start()].cost)
            };
            while passed < picture {
                if let Some(cost) = shown(passed).map(|cost| cost - repeat * (passed + 1) as f32)
                    && cost < best.cost
                {
                    best = Way { cost, from: passed as u32 };
                }
                passed += 1;
            }
            let start = if before.is_some() { repeat * picture as f32 } else { repeat * (picture + 1) as f32 };
            let new = Way { cost: best.cost + start + lateness(time - clock.pictures[picture].start), from: best.from };
            let again = shown(picture).map(|cost| cost + repeat + lateness(clock.overdue(picture, time)));
            let mut way = match again {
                Some(cost) if cost < new.cost => Way { cost, from: picture as u32 },
                _ => new,
            };
            way.cost += difference(signature, &moments[picture].signature);
            here.push(way);
        }
        ways.push(here);
    }
    trace(&ways, &bands, moments.len(), repeat)
}

/// Follows the cheapest path back from the last frame.
fn trace(ways: &[Vec<Way>], bands: &[RangeInclusive<usize>], pictures: usize, repeat: f32) -> Paired {
    let mut shows = vec![0; ways.len()];
    let Some((ends, band)) = ways.last().zip(bands.last()) else { return Paired { shows, cost: 0.0 } };
    let cost = |picture: usize| ends[picture - band.start()].cost + repeat * (pictures - 1 - picture) as f32;
    let end = band.clone().min_by(|&one, &other| cost(one).total_cmp(&cost(other))).unwrap_or(*band.start());
    let mut picture = end;
    for (show, (ways, band)) in shows.iter_mut().zip(ways.iter().zip(bands)).rev() {
        *show = picture;
        picture = ways[picture - band.start()].from as usize;
    }
    Paired { shows, cost: cost(end) }
}

impl Alignment {
    /// The largest difference between the times of a picture in the video and in the tape: the picture, and the
    /// difference in ticks, negative if it is early. `None` for a video without frames.
    pub fn time_error(&self, moments: &[Moment], frames: &[(i64, Signature)]) -> Option<(usize, i64)> {
        let firsts = (0..self.shows.len()).filter(|&frame| frame == 0 || self.shows[frame] != self.shows[frame - 1]);
        firsts
            .map(|frame| (self.shows[frame], frames[frame].0 - moments[self.shows[frame]].start))
            // The first of equals.
            .rev()
            .max_by_key(|(_, error)| error.abs())
    }

    /// The number of pictures of the tape that are never shown.
    pub fn dropped(&self, moments: &[Moment]) -> usize {
        moments.len() - self.shows.chunk_by(PartialEq::eq).count()
    }

    /// The number of frames that repeat a picture more often than the tape does.
    pub fn doubled(&self, moments: &[Moment]) -> usize {
        let runs = self.shows.chunk_by(PartialEq::eq);
        runs.map(|run| run.len().saturating_sub(moments[run[0]].frames)).sum()
    }
}

#[cfg(test)]
mod tests;
