//! The time of each frame, in exact ticks of 1/90000 s.
//!
//! A frame is shown `timestamp − first timestamp` after the start, as on the site; [`super::clock`] supplies times that
//! are missing or implausible. Pure arithmetic, no I/O.

use std::time::Duration;

use super::clock::{self, Judgement};
use super::timing::FrameTiming;

/// Ticks per second: the clock of MPEG, divisible by every usual frame rate.
pub const TICKS_PER_SECOND: i64 = 90_000;

/// A picture and its time: one frame of the finished video.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The frame of the tape, 0.. without gaps.
    pub frame: usize,
    /// Its start, in ticks.
    pub start: i64,
    /// Its duration, in ticks. At least 1.
    pub duration: i64,
}

/// The time of every frame of a tape. Starts at 0 and strictly increases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// 0.. with gaps where frames were merged or dropped, never decreasing.
    frames: Vec<usize>,
    starts: Vec<i64>,
    end: i64,
}

impl Timeline {
    /// The timeline of `rows`, and how their times were interpreted. A row without its frame (`has_frame`) prolongs the
    /// previous frame, or at the start the next one. No frame is held for longer than `longest` unless its duration
    /// confirms it.
    #[must_use]
    pub fn new(rows: &[FrameTiming], has_frame: impl Fn(usize) -> bool, longest: Duration) -> (Self, Judgement) {
        let clock = clock::read(rows, longest.as_secs_f64() * 1000.0);
        let mut earliest = 0;
        let mut starts: Vec<i64> = Vec::with_capacity(rows.len());
        for (index, &time) in clock.times.iter().enumerate() {
            let start = ticks(time).max(earliest);
            earliest = start + 1;
            if has_frame(index) {
                starts.push(if starts.is_empty() { 0 } else { start });
            }
        }
        let end = ticks(clock.end).max(earliest);
        (Timeline { frames: (0..starts.len()).collect(), starts, end }, clock.judgement)
    }

    /// The same frames at a constant rate, as a converter that ignores `timing.json` shows them.
    #[must_use]
    pub fn at_constant_rate(&self, frames_per_second: u32) -> Self {
        let time = |index: usize| index as i64 * TICKS_PER_SECOND / i64::from(frames_per_second.max(1));
        Timeline {
            frames: self.frames.clone(),
            starts: (0..self.frames.len()).map(time).collect(),
            end: time(self.frames.len()),
        }
    }

    /// Merges each frame that shows the same picture as the previous one into it.
    #[must_use]
    pub fn merge(&self, same_as_previous: impl Fn(usize) -> bool) -> Self {
        self.keep(|index| index == 0 || !same_as_previous(self.frames[index]))
    }

    /// Moves every frame to the nearest point of a regular grid, so that all gaps are whole frames.
    ///
    /// Of the frames that fall on the same point, the last is kept, because it stayed visible.
    #[must_use]
    pub fn snap(&self, frames_per_second: u32) -> Self {
        let rate = i64::from(frames_per_second.max(1));
        let slot = |ticks: i64| (ticks * rate + TICKS_PER_SECOND / 2) / TICKS_PER_SECOND;
        let time = |slot: i64| slot * TICKS_PER_SECOND / rate;
        let is_last_of_slot =
            |index: usize| self.starts.get(index + 1).is_none_or(|&next| slot(next) > slot(self.starts[index]));
        let mut snapped = self.keep(is_last_of_slot);
        for start in &mut snapped.starts {
            *start = time(slot(*start));
        }
        // A skipped first frame must not leave a gap at the start.
        if let Some(first) = snapped.starts.first_mut() {
            *first = 0;
        }
        let last = snapped.starts.last().copied().unwrap_or(0);
        snapped.end = time(slot(self.end)).max(time(slot(last) + 1));
        snapped
    }

    /// Holds the last frame until `end`, if that is later.
    #[must_use]
    pub fn hold_until(mut self, end: i64) -> Self {
        self.end = self.end.max(end);
        self
    }

    fn keep(&self, keep: impl Fn(usize) -> bool) -> Self {
        let (frames, starts) =
            (0..self.frames.len()).filter(|&index| keep(index)).map(|i| (self.frames[i], self.starts[i])).unzip();
        Timeline { frames, starts, end: self.end }
    }

    /// The frames in the order of time.
    #[must_use]
    pub fn shown(&self) -> impl ExactSizeIterator<Item = Shown> + '_ {
        self.frames.iter().zip(&self.starts).enumerate().map(|(index, (&frame, &start))| {
            let next = self.starts.get(index + 1).copied().unwrap_or(self.end);
            Shown { frame, start, duration: next - start }
        })
    }

    /// Number of frames shown.
    #[must_use]
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether it has no frames.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// The end of the last frame, in ticks.
    #[must_use]
    pub fn end(&self) -> i64 {
        self.end
    }

    /// The whole duration.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.end as f64 / TICKS_PER_SECOND as f64)
    }
}

/// Milliseconds as ticks; the cast saturates, so absurd times stay absurd and exceed the limit on duration.
fn ticks(milliseconds: f64) -> i64 {
    ((milliseconds * (TICKS_PER_SECOND as f64 / 1000.0)).round() as i64).min(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LONGEST: Duration = Duration::from_mins(10);

    fn timeline(times: &[(Option<f64>, Option<f64>)]) -> Timeline {
        let row = |&(timestamp, duration)| FrameTiming { timestamp, duration, ..FrameTiming::default() };
        Timeline::new(&times.iter().map(row).collect::<Vec<_>>(), |_| true, LONGEST).0
    }

    fn starts(timeline: &Timeline) -> Vec<i64> {
        timeline.shown().map(|shown| shown.start).collect()
    }

    #[test]
    fn frames_appear_when_their_timestamp_says_and_the_last_stays_for_its_duration() {
        let timeline = timeline(&[(Some(1000.0), Some(10.0)), (Some(1008.5), Some(10.0)), (Some(1100.0), Some(250.0))]);
        assert_eq!(starts(&timeline), [0, 765, 9000]);
        assert_eq!(timeline.end(), 9000 + 22_500);
    }

    #[test]
    fn without_timing_a_frame_lasts_a_thirtieth_of_a_second() {
        let timeline = timeline(&[(None, None); 3]);
        assert_eq!(starts(&timeline), [0, 3000, 6000]);
        assert_eq!(timeline.end(), 9000);
    }

    #[test]
    fn a_frame_that_is_missing_prolongs_the_one_before_it_and_at_the_start_the_one_after() {
        let rows: Vec<_> = (0..5)
            .map(|index| FrameTiming { timestamp: Some(f64::from(index) * 20.0), ..FrameTiming::default() })
            .collect();
        let shown = |there: [usize; 2]| {
            let (timeline, _) = Timeline::new(&rows, |index| there.contains(&index), LONGEST);
            assert_eq!(timeline.end(), 9000);
            timeline.shown().map(|shown| (shown.frame, shown.start)).collect::<Vec<_>>()
        };
        assert_eq!(shown([0, 3]), [(0, 0), (1, 5400)]);
        assert_eq!(shown([1, 2]), [(0, 0), (1, 3600)]);
    }

    #[test]
    fn equal_neighbours_become_one_longer_frame() {
        let timeline = timeline(&[(None, Some(10.0)); 4]);
        let merged = timeline.merge(|frame| frame == 1 || frame == 3);
        assert_eq!(
            merged.shown().collect::<Vec<_>>(),
            [Shown { frame: 0, start: 0, duration: 1800 }, Shown { frame: 2, start: 1800, duration: 1800 }]
        );
    }

    #[test]
    fn snapping_keeps_the_last_frame_of_each_instant() {
        let at = |time| (Some(time), Some(5.0));
        let timeline = timeline(&[at(0.0), at(2.0), at(17.0), at(50.0), at(52.0)]);
        let snapped = timeline.snap(60);
        assert_eq!(snapped.shown().map(|shown| shown.frame).collect::<Vec<_>>(), [1, 2, 4]);
        assert_eq!(starts(&snapped), [0, 1500, 4500]);
        assert_eq!(snapped.end(), 6000);
    }

    proptest! {
        #[test]
        fn time_starts_at_zero_and_runs_strictly_forwards(
            times in prop::collection::vec((any::<Option<f64>>(), any::<Option<f64>>()), 1..50),
            rate in 1_u32..240,
        ) {
            let finite: Vec<_> = times
                .iter()
                .map(|&(t, d)| (t.filter(|t| t.is_finite()), d.filter(|d| d.is_finite())))
                .collect();
            let timeline = timeline(&finite);
            for timeline in [timeline.at_constant_rate(rate), timeline] {
                prop_assert_eq!(timeline.shown().next().map(|shown| shown.start), Some(0));
                prop_assert!(timeline.shown().all(|shown| shown.duration >= 1));
                let total: i64 = timeline.shown().map(|shown| shown.duration).sum();
                prop_assert_eq!(total, timeline.end());
            }
        }

        #[test]
        fn snapped_gaps_are_whole_frames(
            times in prop::collection::vec(0.1_f64..400.0, 1..80),
            rate in prop::sample::select(vec![24_u32, 25, 30, 50, 60]),
        ) {
            let mut now = 0.0;
            let rows: Vec<_> = times
                .iter()
                .map(|&gap| {
                    let row = (Some(now), Some(gap));
                    now += gap;
                    row
                })
                .collect();
            let grid = TICKS_PER_SECOND / i64::from(rate);
            let snapped = timeline(&rows).snap(rate);
            prop_assert!(snapped.shown().all(|shown| shown.duration >= grid && shown.duration % grid == 0));
            prop_assert_eq!(snapped.shown().next().map(|shown| shown.start), Some(0));
        }
    }
}
