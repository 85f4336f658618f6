//! The clocks by which a video may show the pictures of a tape. Pure arithmetic.

use std::ops::{Range, RangeInclusive};

use crate::tape::TICKS_PER_SECOND;

use super::moment::{Moment, Signature};

/// How far from its time a picture is searched.
const REACH: i64 = TICKS_PER_SECOND;

/// How long each frame is on show where frames are only counted: 1/60 s.
const COUNTED: i64 = TICKS_PER_SECOND / 60;

/// The times of pictures and frames on a common clock, in ticks.
pub struct Clock {
    /// For each picture, its start and the start of the next one.
    pub pictures: Vec<Range<i64>>,
    /// For each frame, its start.
    pub frames: Vec<i64>,
}

impl Clock {
    /// The times as tape and video state them.
    pub fn own(moments: &[Moment], frames: &[(i64, Signature)]) -> Self {
        Clock {
            pictures: moments.iter().map(|moment| moment.start..moment.end).collect(),
            frames: frames.iter().map(|frame| frame.0).collect(),
        }
    }

    /// The same, with the video stretched to the length of the tape.
    pub fn stretched(moments: &[Moment], frames: &[(i64, Signature)]) -> Self {
        let end = |last: Option<i64>| last.unwrap_or(1).max(1) as f64;
        let stretch = end(moments.last().map(|moment| moment.start)) / end(frames.last().map(|frame| frame.0));
        let own = Clock::own(moments, frames);
        Clock { frames: own.frames.iter().map(|&time| (time as f64 * stretch) as i64).collect(), ..own }
    }

    /// Equal durations in sequence: all frames of the tape, or all its pictures if the video has as many, and all
    /// frames of the video.
    pub fn counted(moments: &[Moment], count: usize) -> Self {
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

    /// How far outside its time a frame at this time would repeat a picture. No converter repeats a picture at the very
    /// end of its time, so here the time ends half of it earlier, or earlier by a frame of 1/60 s.
    pub fn overdue(&self, picture: usize, time: i64) -> i64 {
        let Range { start, end } = self.pictures[picture];
        let early = ((end - start) / 2).min(COUNTED);
        (start - time).max(time - (end - early)).max(0)
    }

    /// The candidate pictures of each frame: those shown within reach of its time. The ends of the bands never
    /// decrease.
    pub fn bands(&self) -> Vec<RangeInclusive<usize>> {
        let Clock { pictures, frames } = self;
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
}
