//! Which picture of a tape does each frame of a video show?
//!
//! Both are given as signatures: the luma of a picture, averaged over a coarse grid. A video shows pictures in order,
//! so the best pairing is found by dynamic programming: every frame costs what its signature differs, and a little
//! for being at another time, for repeating and for passing over. The little decides where signatures cannot, as
//! between frames that differ by one pixel. A video may run by another clock than its tape, as those with a rounded or
//! a fixed rate do: then its frames are looked for where they would be if they ran by that of the tape. Pure arithmetic.

use std::ops::{Range, RangeInclusive};

use crate::picture::Picture;
use crate::tape::TICKS_PER_SECOND;

/// Columns and rows of a signature. A pixel that turns from black to white in a 320×240 picture moves the mean of its
/// cell by three levels, well above what coding does to it.
const SIDE: usize = 32;

/// Steps between two levels of luma in a signature.
const STEPS: f32 = 256.0;

/// How far from its time a picture is looked for.
const REACH: i64 = TICKS_PER_SECOND;

/// How long each frame is on show where frames are only counted: 1/60 s.
const COUNTED: i64 = TICKS_PER_SECOND / 60;

/// What it costs to be late by some ms, in squared levels: less than any difference that can be seen.
const LATE: f32 = 0.25;

/// The same, in parts of what coding alone makes signatures differ. Being a frame of 1/60 s off costs as much as that:
/// a coder that skips a little movement has not shown the picture before once more.
const LATE_BY_NOISE: f32 = 0.6;

/// What it costs to repeat a picture, or to pass one over, in parts of the cost of being late.
const REPEAT: f32 = 0.4;

/// The luma of a picture, coarsely.
pub type Signature = Box<[u16]>;

/// A picture of the tape: one or more equal neighbours among its frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// When it appears, in ticks.
    pub start: i64,
    /// When the next one does.
    pub end: i64,
    /// How many frames of the tape it was.
    pub frames: usize,
    /// What it looks like.
    pub signature: Signature,
}

/// Which picture each frame of a video shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Alignment {
    /// For each frame the index of a picture; never decreasing.
    pub shows: Vec<usize>,
}

/// BT.601 luma, near enough.
pub fn luma([red, green, blue]: [u8; 3]) -> u8 {
    ((u32::from(red) * 77 + u32::from(green) * 150 + u32::from(blue) * 29 + 128) >> 8) as u8
}

/// The signature of a picture.
pub fn signature(picture: &Picture) -> Signature {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let (columns, rows) = (width.min(SIDE), height.min(SIDE));
    let mut cells = vec![(0_u64, 0_u64); columns * rows];
    for (y, row) in picture.rows().enumerate() {
        let cells = &mut cells[y * rows / height * columns..][..columns];
        for (x, &rgb) in row.as_chunks().0.iter().enumerate() {
            let (sum, count) = &mut cells[x * columns / width];
            *sum += u64::from(luma(rgb));
            *count += 1;
        }
    }
    cells.into_iter().map(|(sum, count)| (sum * STEPS as u64 / count.max(1)) as u16).collect()
}

/// The squared difference of two signatures, in levels.
fn difference(one: &Signature, other: &Signature) -> f32 {
    let steps = |(&one, &other): (&u16, &u16)| f32::from(one) - f32::from(other);
    // Eight sums, as one would have to be added up in order.
    let mut sums = [0.0_f32; 8];
    for (one, other) in one.chunks(8).zip(other.chunks(8)) {
        for (sum, pair) in sums.iter_mut().zip(one.iter().zip(other)) {
            *sum += steps(pair) * steps(pair);
        }
    }
    sums.iter().sum::<f32>() / (STEPS * STEPS)
}

/// What being off by so many ticks costs, in parts of [`LATE`]: little, and little more for much more, so that it never
/// outweighs what frames show.
fn lateness(ticks: i64) -> f32 {
    let milliseconds = ticks.abs() as f32 * 1000.0 / TICKS_PER_SECOND as f32;
    (milliseconds / 4.0).ln_1p()
}

/// The best way to one picture at one frame: its cost, and what the frame before it showed.
#[derive(Clone, Copy)]
struct Way {
    cost: f32,
    from: u32,
}

/// Pairs frames, each with its time in ticks, with the pictures of a tape. There must be at least one picture.
///
/// Does it twice: how much time should count depends on how much coding has done to the pictures, and that is known
/// only once they are paired. Where frames seem dropped or doubled, other clocks are tried as well, and the one that
/// pairs best is believed.
pub fn align(moments: &[Moment], frames: &[(i64, Signature)]) -> Alignment {
    let mut clocks = vec![Clock::own(moments, frames)];
    let mut first = vec![pair(&clocks[0], moments, frames, LATE)];
    let alignment = Alignment { shows: first[0].shows.clone() };
    if alignment.dropped(moments) + alignment.doubled(moments) > 0 {
        let others = [Clock::stretched(moments, frames), Clock::counted(moments, frames.len())];
        first.extend(others.iter().map(|clock| pair(clock, moments, frames, LATE)));
        clocks.extend(others);
    }
    let noise = first.iter().map(|paired| noise(moments, frames, &paired.shows)).fold(f32::INFINITY, f32::min);
    let late = LATE_BY_NOISE * noise;
    let paired =
        if late > LATE { clocks.iter().map(|clock| pair(clock, moments, frames, late)).collect() } else { first };
    // The first of equals: the video's own clock, if no other does better.
    let best = paired.into_iter().min_by(|one, other| one.cost.total_cmp(&other.cost));
    Alignment { shows: best.map(|paired| paired.shows).unwrap_or_default() }
}

/// What coding does to signatures, as the median over the frames.
fn noise(moments: &[Moment], frames: &[(i64, Signature)], shows: &[usize]) -> f32 {
    let mut noise: Vec<f32> =
        shows.iter().zip(frames).map(|(&show, frame)| difference(&frame.1, &moments[show].signature)).collect();
    noise.sort_by(f32::total_cmp);
    noise.get(noise.len() / 2).copied().unwrap_or_default()
}

/// When pictures and frames would be on show if both ran by one clock, in ticks.
struct Clock {
    /// Of each picture, when it appears and when the next one does.
    pictures: Vec<Range<i64>>,
    /// Of each frame, when it appears.
    frames: Vec<i64>,
}

impl Clock {
    /// The times that tape and video have.
    fn own(moments: &[Moment], frames: &[(i64, Signature)]) -> Self {
        Clock {
            pictures: moments.iter().map(|moment| moment.start..moment.end).collect(),
            frames: frames.iter().map(|frame| frame.0).collect(),
        }
    }

    /// The same if the video were as long as the tape.
    fn stretched(moments: &[Moment], frames: &[(i64, Signature)]) -> Self {
        let end = |last: Option<i64>| last.unwrap_or(1).max(1) as f64;
        let stretch = end(moments.last().map(|moment| moment.start)) / end(frames.last().map(|frame| frame.0));
        let own = Clock::own(moments, frames);
        Clock { frames: own.frames.iter().map(|&time| (time as f64 * stretch) as i64).collect(), ..own }
    }

    /// One after the other, as long as each other: all frames of the tape, or all of its pictures if the video has as
    /// many, and all frames of the video.
    fn counted(moments: &[Moment], count: usize) -> Self {
        let frames = |moment: &Moment| if count == moments.len() { 1 } else { moment.frames as i64 };
        let mut now = 0;
        let pictures = moments.iter().map(|moment| {
            let start = now;
            now += frames(moment) * COUNTED;
            start..now
        });
        let pictures = pictures.collect();
        Clock { pictures, frames: (0..count as i64).map(|frame| now * frame / count as i64).collect() }
    }

    /// How far from its time a picture would be repeated by a frame at this time. Nobody repeats a picture at the very
    /// end of its time, so it ends half of it earlier here, or earlier by a frame of 1/60 s.
    fn overdue(&self, picture: usize, time: i64) -> i64 {
        let Range { start, end } = self.pictures[picture];
        let early = ((end - start) / 2).min(COUNTED);
        (start - time).max(time - (end - early)).max(0)
    }
}

/// Frames and their pictures, and what is wrong with them all in all.
struct Paired {
    shows: Vec<usize>,
    cost: f32,
}

/// Pairs frames with pictures, given what it costs to be late.
fn pair(clock: &Clock, moments: &[Moment], frames: &[(i64, Signature)], late: f32) -> Paired {
    let repeat = REPEAT * late;
    let lateness = |ticks: i64| late * lateness(ticks);
    let bands: Vec<_> = bands(clock);
    let mut ways: Vec<Vec<Way>> = Vec::with_capacity(frames.len());
    for ((&time, (_, signature)), band) in clock.frames.iter().zip(frames).zip(&bands) {
        let before = ways.last().map(Vec::as_slice).zip(ways.len().checked_sub(1).map(|last| &bands[last]));
        // Of the pictures before this one, the cheapest to come from, passing over what lies between.
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

/// The pictures that come into question for each frame: those on show within reach of its time. No end of a band ever
/// goes back.
fn bands(Clock { pictures, frames }: &Clock) -> Vec<RangeInclusive<usize>> {
    let last = pictures.len() - 1;
    let (mut low, mut high) = (0, 0);
    frames
        .iter()
        .map(|&time| {
            while low < last && pictures[low].end < time - REACH {
                low += 1;
            }
            high = high.max(low);
            while high < last && pictures[high + 1].start <= time + REACH {
                high += 1;
            }
            low..=high
        })
        .collect()
}

/// Follows the cheapest way back from the last frame.
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
    /// The largest difference between when a picture appears in the video and in the tape: which picture, and by how
    /// many ticks, negative if it is early. `None` for a video without frames.
    pub fn time_error(&self, moments: &[Moment], frames: &[(i64, Signature)]) -> Option<(usize, i64)> {
        let firsts = (0..self.shows.len()).filter(|&frame| frame == 0 || self.shows[frame] != self.shows[frame - 1]);
        firsts
            .map(|frame| (self.shows[frame], frames[frame].0 - moments[self.shows[frame]].start))
            // The first of equals.
            .rev()
            .max_by_key(|(_, error)| error.abs())
    }

    /// How many pictures of the tape are never shown.
    pub fn dropped(&self, moments: &[Moment]) -> usize {
        moments.len() - self.shows.chunk_by(PartialEq::eq).count()
    }

    /// How many frames repeat a picture that the tape does not repeat so often.
    pub fn doubled(&self, moments: &[Moment]) -> usize {
        let runs = self.shows.chunk_by(PartialEq::eq);
        runs.map(|run| run.len().saturating_sub(moments[run[0]].frames)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FRAME: i64 = TICKS_PER_SECOND / 60;

    fn look(seed: usize) -> Signature {
        (0..16).map(|cell| (seed * 7919 * (cell + 3) % 65_000) as u16).collect()
    }

    /// Pictures of one frame each, at these times.
    fn moments(starts: &[i64]) -> Vec<Moment> {
        let end = |index: usize| starts.get(index + 1).copied().unwrap_or(starts[index] + FRAME);
        let moment = |(index, &start)| Moment { start, end: end(index), frames: 1, signature: look(index) };
        starts.iter().enumerate().map(moment).collect()
    }

    fn regular(count: usize) -> Vec<Moment> {
        moments(&(0..count).map(|index| index as i64 * FRAME).collect::<Vec<_>>())
    }

    fn frames_of(moments: &[Moment], shows: &[usize], step: i64) -> Vec<(i64, Signature)> {
        let frame = |(index, &shows): (usize, &usize)| (index as i64 * step, moments[shows].signature.clone());
        shows.iter().enumerate().map(frame).collect()
    }

    #[test]
    fn a_dropped_picture_is_dropped_and_nothing_else() {
        let tape = regular(100);
        let shown: Vec<_> = (0..100).filter(|&picture| picture != 40).collect();
        let mut frames = frames_of(&tape, &(0..100).collect::<Vec<_>>(), FRAME);
        frames.remove(40);
        let alignment = align(&tape, &frames);
        assert_eq!(alignment.shows, shown);
        assert_eq!((alignment.dropped(&tape), alignment.doubled(&tape)), (1, 0));
        assert_eq!(alignment.time_error(&tape, &frames), Some((0, 0)));
    }

    #[test]
    fn a_frame_shown_twice_is_doubled_and_delays_the_rest() {
        let tape = regular(50);
        let shown: Vec<_> = (0..=20).chain(20..50).collect();
        let frames = frames_of(&tape, &shown, FRAME);
        let alignment = align(&tape, &frames);
        assert_eq!(alignment.shows, shown);
        assert_eq!((alignment.dropped(&tape), alignment.doubled(&tape)), (0, 1));
        assert_eq!(alignment.time_error(&tape, &frames), Some((21, FRAME)));
    }

    #[test]
    fn what_the_tape_repeats_itself_is_not_doubled() {
        let mut tape = regular(3);
        tape[1].frames = 2;
        let frames = frames_of(&tape, &[0, 1, 1, 2], FRAME);
        assert_eq!(align(&tape, &frames).doubled(&tape), 0);
    }

    #[test]
    fn frames_that_look_alike_are_paired_by_time() {
        let mut tape = moments(&[0, 1000, 2500, 4000, 4500]);
        for moment in &mut tape {
            moment.signature = look(1);
        }
        // Off by less than a tick of the clock of most files.
        let frames: Vec<_> = [0, 995, 2505, 3990, 4500].map(|time| (time, look(1))).into();
        assert_eq!(align(&tape, &frames).shows, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn a_coder_that_skips_a_little_movement_has_not_repeated_a_picture() {
        let mut tape = regular(60);
        for (index, moment) in tape.iter_mut().enumerate() {
            moment.signature = (0..64).map(|cell| (30_000 + index * (cell % 5) * 9) as u16).collect();
        }
        // Noise of about two levels; every third frame looks like the one before.
        let coded = |frame: usize| {
            let lagging = frame - usize::from(frame % 3 == 2);
            let noise = |cell: usize| ((frame * 31 + cell * 17) % 13) as u16 * 80;
            tape[lagging].signature.iter().enumerate().map(|(cell, value)| value + noise(cell)).collect()
        };
        let frames: Vec<_> = (0..60).map(|frame| (frame as i64 * FRAME, coded(frame))).collect();
        assert_eq!(align(&tape, &frames).shows, (0..60).collect::<Vec<_>>());
    }

    #[test]
    fn a_video_of_another_length_is_followed_all_the_way() {
        let tape = regular(1200);
        let frames = frames_of(&tape, &(0..1200).collect::<Vec<_>>(), FRAME * 5 / 4);
        let alignment = align(&tape, &frames);
        assert_eq!(alignment.shows, (0..1200).collect::<Vec<_>>());
        assert_eq!(alignment.time_error(&tape, &frames), Some((1199, 1199 * FRAME / 4)));
    }

    #[test]
    fn a_video_at_a_fixed_rate_drops_nothing_however_fast_it_runs() {
        // Nine seconds of one frame every 150 ms or so, with a pause of three seconds; at 50 frames a second.
        let mut now = 0;
        let starts: Vec<_> = (0..60)
            .map(|index| {
                now += if index == 30 { 3 * TICKS_PER_SECOND } else { 9_000 + index % 7 * 1_400 };
                now
            })
            .collect();
        let tape = moments(&starts.iter().map(|start| start - starts[0]).collect::<Vec<_>>());
        for step in [TICKS_PER_SECOND / 50, TICKS_PER_SECOND / 7, TICKS_PER_SECOND * 2] {
            let frames = frames_of(&tape, &(0..60).collect::<Vec<_>>(), step);
            let alignment = align(&tape, &frames);
            assert_eq!(alignment.shows, (0..60).collect::<Vec<_>>());
            assert_eq!((alignment.dropped(&tape), alignment.doubled(&tape)), (0, 0));
        }
        // What is missing is still missing.
        let shown: Vec<_> = (0..60).filter(|picture| !(20..23).contains(picture)).collect();
        let alignment = align(&tape, &frames_of(&tape, &shown, TICKS_PER_SECOND / 50));
        assert_eq!((alignment.shows.clone(), alignment.dropped(&tape)), (shown, 3));
    }

    #[test]
    fn equal_neighbours_of_a_tape_are_counted_when_a_video_repeats_them_at_its_own_rate() {
        let mut tape = regular(40);
        for (index, moment) in tape.iter_mut().enumerate() {
            moment.frames = 1 + index % 5;
            moment.start *= 9;
            moment.end *= 9;
        }
        let shown: Vec<_> = (0..40).flat_map(|index| vec![index; 1 + index % 5]).collect();
        let alignment = align(&tape, &frames_of(&tape, &shown, FRAME));
        assert_eq!((alignment.dropped(&tape), alignment.doubled(&tape)), (0, 0));
        assert_eq!(alignment.shows, shown);
    }

    #[test]
    fn a_video_that_ends_early_has_dropped_the_rest() {
        let tape = regular(300);
        let shown: Vec<_> = (0..120).collect();
        let alignment = align(&tape, &frames_of(&tape, &shown, FRAME));
        assert_eq!((alignment.shows.clone(), alignment.dropped(&tape)), (shown, 180));
    }

    #[test]
    fn a_video_of_something_else_is_paired_somehow() {
        let tape = regular(3);
        let frames: Vec<_> = (0..400).map(|index| (index * FRAME, look(index as usize + 900))).collect();
        let alignment = align(&tape, &frames);
        assert!(alignment.shows.is_sorted() && alignment.shows.len() == 400);
        assert_eq!(align(&tape, &[]).shows, [0_usize; 0]);
    }

    proptest! {
        #[test]
        fn what_is_the_same_is_paired_with_itself(gaps in prop::collection::vec((1_i64..90_000, 0_usize..3), 1..80)) {
            let mut now = 0;
            let starts: Vec<_> = gaps.iter().map(|(gap, _)| { now += gap; now - gaps[0].0 }).collect();
            let mut tape = moments(&starts);
            for (moment, (_, kind)) in tape.iter_mut().zip(&gaps) {
                moment.signature = look(*kind);
            }
            let frames: Vec<_> = tape.iter().map(|moment| (moment.start, moment.signature.clone())).collect();
            let alignment = align(&tape, &frames);
            prop_assert_eq!(&alignment.shows, &(0..tape.len()).collect::<Vec<_>>());
            prop_assert_eq!(alignment.time_error(&tape, &frames).map(|(_, error)| error), Some(0));
        }

        #[test]
        fn pictures_never_run_backwards(shown in prop::collection::vec(0_usize..30, 1..60), step in 100_i64..9000) {
            let tape = regular(30);
            let alignment = align(&tape, &frames_of(&tape, &shown, step));
            prop_assert!(alignment.shows.is_sorted());
            prop_assert!(alignment.dropped(&tape) < 30);
        }
    }
}
