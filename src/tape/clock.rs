//! Turns the recorded times of frames into times for display: exact where they are plausible, repaired where they are
//! not.
//!
//! Timestamps are the truth. A slow clock gives several frames the same time, which they share; a bad value costs only
//! its own frame the exact time. Durations count only if there are no usable timestamps. Pure arithmetic, no I/O.

use super::fill::{UNKNOWN_DURATION, filled, last_duration, share};
use super::pace::{Unit, pace, scale};
use super::repair::believable;
use super::timing::FrameTiming;

/// No time is this far away, in any unit; sums of smaller times are still finite.
const BEYOND: f64 = 1e30;

/// How the times were interpreted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Frames without a timestamp, among others that have one.
    pub missing: usize,
    /// Whether no frame has one.
    pub has_no_timestamps: bool,
    /// Frames whose time does not fit between those around it.
    pub off: usize,
    /// How often the clock was changed.
    pub steps: usize,
    /// Frames that have the time of the previous one.
    pub shared: usize,
    /// The unit of the times, if not milliseconds.
    pub unit: Option<Unit>,
    /// Whether the timestamps are impossible, so that the durations count.
    pub is_impossible: bool,
}

/// The start of each frame, in ms after the first, never decreasing; and the end of the last.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Clock {
    /// One time per row.
    pub times: Vec<f64>,
    /// The end of the last frame.
    pub end: f64,
    /// How they were interpreted.
    pub judgement: Judgement,
}

/// Reads the clock of a tape. A frame that is held for longer than `longest`, in ms, counts as a mistake unless its
/// duration confirms it.
pub fn read(rows: &[FrameTiming], longest: f64) -> Clock {
    let mut judgement = Judgement::default();
    let mut times: Vec<Option<f64>> =
        rows.iter().map(|row| row.timestamp.map(|time| time.clamp(-BEYOND, BEYOND))).collect();
    let positive = |row: &FrameTiming| row.duration.filter(|&duration| duration > 0.0);
    let mut durations: Vec<Option<f64>> = rows.iter().map(|row| Some(positive(row)?.min(BEYOND))).collect();
    let Some(last) = rows.len().checked_sub(1) else { return Clock::default() };

    let written = times.iter().flatten().count();
    judgement.has_no_timestamps = written == 0;
    judgement.missing = if written > 0 { rows.len() - written } else { 0 };
    let scale = scale(&times, &durations);
    judgement.unit = scale.unit;
    judgement.is_impossible = scale.is_impossible;
    for time in &mut times {
        *time = time.filter(|_| !scale.is_impossible).map(|time| time * scale.times);
    }
    for duration in durations.iter_mut().flatten() {
        *duration *= scale.durations;
    }

    let pace = pace(&times);
    let usual = pace.map(|pace| pace.frame);
    let believed = believable(times, &durations, usual.unwrap_or(UNKNOWN_DURATION), longest);
    (judgement.off, judgement.steps) = (believed.off, believed.steps);
    let mut times = filled(&believed.times, &durations, usual);
    judgement.shared = pace.map_or(0, |pace| share(&mut times, pace));
    let first = times[0];
    for time in &mut times {
        *time -= first;
    }
    let stays = last_duration(&times, &durations, pace, judgement.shared > 0).or(usual).unwrap_or(UNKNOWN_DURATION);
    Clock { end: times[last] + stays, times, judgement }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LONGEST: f64 = 600_000.0;

    fn rows(times: &[(Option<f64>, Option<f64>)]) -> Vec<FrameTiming> {
        times
            .iter()
            .map(|&(timestamp, duration)| FrameTiming { timestamp, duration, ..FrameTiming::default() })
            .collect()
    }

    fn clock(times: &[(Option<f64>, Option<f64>)]) -> Clock {
        read(&rows(times), LONGEST)
    }

    /// Of timestamps alone: the times, and the end.
    fn of(times: &[f64]) -> (Vec<f64>, f64) {
        let Clock { times, end, .. } = clock(&times.iter().map(|&time| (Some(time), None)).collect::<Vec<_>>());
        let whole = |time: f64| (time * 100.0).round() / 100.0;
        (times.into_iter().map(whole).collect(), whole(end))
    }

    #[test]
    fn times_that_agree_are_taken_as_they_are() {
        assert_eq!(of(&[1000.0, 1008.5, 1100.0, 1120.0]), (vec![0.0, 8.5, 100.0, 120.0], 140.0));
        let clock = clock(&[(Some(5.0), Some(16.0)), (Some(21.0), Some(12_345.0))]);
        assert_eq!((clock.times, clock.end, clock.judgement), (vec![0.0, 16.0], 12_361.0, Judgement::default()));
    }

    #[test]
    fn equal_neighbours_share_the_time_to_the_next_tick() {
        assert_eq!(of(&[0.0, 0.0, 20.0, 40.0, 60.0]), (vec![0.0, 10.0, 20.0, 40.0, 60.0], 80.0));
        assert_eq!(
            of(&[0.0, 100.0, 100.0, 100.0, 100.0, 200.0, 200.0]).0,
            [0.0, 100.0, 125.0, 150.0, 175.0, 200.0, 250.0]
        );
        // Not that of a picture that was held.
        assert_eq!(of(&[0.0, 16.0, 32.0, 32.0, 5000.0, 5016.0]).0, [0.0, 16.0, 32.0, 48.0, 5000.0, 5016.0]);
    }

    #[test]
    fn one_bad_value_costs_one_time() {
        let good = [0.0, 20.0, 40.0, 60.0, 80.0, 100.0, 120.0];
        for index in 1..good.len() {
            for bad in [-1e300, -500.0, 0.0, 1e15, 1e300] {
                let mut times = good;
                times[index] = bad;
                let found = of(&times).0;
                // A time of 0 is not wrong for the second frame: it shares the tick of the first.
                let wrong = found.iter().zip(good).filter(|(found, good)| (*found - good).abs() > 10.0).count();
                assert_eq!(wrong, 0, "{times:?} became {found:?}");
            }
        }
        let mut times = good.map(|time| (Some(time), Some(20.0)));
        times[3].0 = None;
        assert_eq!(clock(&times).times, good);
        times[0].0 = None;
        assert_eq!((clock(&times).times, clock(&times).judgement.missing), (good.into(), 2));
        times[0].0 = Some(9e9);
        assert_eq!((clock(&times).times, clock(&times).judgement.off), (good.into(), 1));
        times[0].0 = Some(-9e9);
        assert_eq!((clock(&times).times, clock(&times).judgement.off), (good.into(), 1));
    }

    #[test]
    fn several_bad_values_cost_as_many() {
        let mut times: Vec<f64> = (0..60).map(|index| f64::from(index) * 20.0).collect();
        let good = times.clone();
        times[10..18].fill(0.0);
        times[30] = 7e12;
        times[40..42].copy_from_slice(&[-1.0, -2.0]);
        let (found, _) = of(&times);
        assert_eq!(found, good);
    }

    #[test]
    fn a_clock_that_is_set_runs_on() {
        let set = |by: f64| (0..60).map(move |index| f64::from(index) * 20.0 + if index < 30 { 0.0 } else { by });
        let expected: Vec<f64> = set(0.0).collect();
        for by in [-300.0, -3_600_000.0, 1_760_000_000_000.0] {
            let (found, end) = of(&set(by).collect::<Vec<_>>());
            assert_eq!((found, end), (expected.clone(), 1200.0), "{by}");
        }
        // And set back.
        let by = |index: i32| if (30..60).contains(&index) { -3_600_000.0 } else { 0.0 };
        let there_and_back: Vec<_> = (0..90).map(|index| f64::from(index) * 20.0 + by(index)).collect();
        assert!((of(&there_and_back).1 - 1800.0).abs() < 0.01);
    }

    #[test]
    fn without_timestamps_the_durations_count_and_without_them_a_thirtieth_of_a_second() {
        let clock = clock(&[(None, Some(10.0)), (None, None), (None, Some(-5.0))]);
        assert_eq!((clock.times, clock.end), (vec![0.0, 10.0, 10.0 + UNKNOWN_DURATION], 10.0 + 2.0 * UNKNOWN_DURATION));
        assert!(clock.judgement.has_no_timestamps);
        let same = super::tests::clock(&[(Some(7.0), Some(20.0)); 3]);
        assert_eq!((same.times, same.end, same.judgement.is_impossible), (vec![0.0, 20.0, 40.0], 60.0, true));
    }

    #[test]
    fn times_in_other_units_are_read_as_such() {
        for (times, durations, unit) in [
            (0.001, 0.001, Unit::Seconds),
            (0.001, 1.0, Unit::Seconds),
            (1.0, 0.001, Unit::Seconds),
            (1000.0, 1.0, Unit::Microseconds),
            (1e6, 1.0, Unit::Nanoseconds),
        ] {
            let row = |index: usize| (Some(index as f64 * 250.0 * times), Some(250.0 * durations));
            let clock = clock(&(0..12).map(row).collect::<Vec<_>>());
            assert!((clock.end - 3000.0).abs() < 0.01, "{clock:?}");
            assert_eq!(clock.judgement.unit, Some(unit));
        }
        let (times, end) = of(&[1.0, 1.25, 1.5]);
        assert_eq!((times, end), (vec![0.0, 250.0, 500.0], 750.0));
    }

    /// What recorders write of durations.
    #[derive(Debug, Clone, Copy)]
    enum Durations {
        Right,
        OfTheClock,
        Missing,
        Zero,
        AtLeastTen,
    }

    proptest! {
        #[test]
        fn nothing_is_later_than_a_tick_and_a_frame(
            rate in 24.0_f64..240.0,
            tick in 1.0_f64..100.0,
            phase in 0.0_f64..1.0,
            seconds in 1.0_f64..4.0,
            rounding in prop::sample::select(vec![f64::floor as fn(f64) -> f64, f64::round, f64::ceil]),
            durations in prop::sample::select(vec![
                Durations::Right, Durations::OfTheClock, Durations::Missing, Durations::Zero, Durations::AtLeastTen,
            ]),
        ) {
            let frame = 1000.0 / rate;
            let truth: Vec<f64> = (0..(seconds * rate) as usize).map(|index| index as f64 * frame).collect();
            let seen = |time: f64| rounding((time + phase * tick) / tick) * tick;
            let rows: Vec<_> = truth
                .iter()
                .map(|&time| {
                    let duration = match durations {
                        Durations::Right => Some(frame),
                        Durations::OfTheClock => Some(seen(time + frame) - seen(time)),
                        Durations::Missing => None,
                        Durations::Zero => Some(0.0),
                        Durations::AtLeastTen => Some(frame.max(10.0)),
                    };
                    (Some(seen(time)), duration)
                })
                .collect();
            let clock = clock(&rows);
            // A tick and a frame, and what floats are off.
            let most = tick + frame + 1e-6;
            for (found, truth) in clock.times.iter().zip(&truth) {
                prop_assert!((found - truth).abs() <= most, "{found} ms for {truth} ms, {most} allowed");
            }
            let end = truth.len() as f64 * frame;
            prop_assert!((clock.end - end).abs() <= most, "{} ms for {end} ms, {most} allowed", clock.end);
            prop_assert!(clock.times.windows(2).all(|pair| pair[0] <= pair[1]));
            prop_assert_eq!(clock.judgement.off + clock.judgement.steps, 0);
        }

        #[test]
        fn one_bad_value_spoils_no_other(
            rate in 24.0_f64..240.0,
            count in 8_usize..200,
            at in any::<prop::sample::Index>(),
            bad in prop_oneof![Just(None), any::<f64>().prop_map(Some), (-1e5_f64..1e7).prop_map(Some)],
        ) {
            let frame = 1000.0 / rate;
            let truth: Vec<f64> = (0..count).map(|index| index as f64 * frame).collect();
            let at = at.index(count - 1);
            let mut rows: Vec<_> = truth.iter().map(|&time| (Some(1e12 + time), Some(frame))).collect();
            rows[at].0 = bad.filter(|bad| bad.is_finite());
            let clock = clock(&rows);
            for (index, (found, truth)) in clock.times.iter().zip(&truth).enumerate() {
                let most = if index == at { 2.0 * frame } else { 0.01 };
                prop_assert!((found - truth).abs() <= most, "frame {index}: {found} ms for {truth} ms");
            }
        }

        #[test]
        fn whatever_is_written_runs_forwards(
            times in prop::collection::vec((any::<Option<f64>>(), any::<Option<f64>>()), 1..50),
        ) {
            let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
            let times: Vec<_> = times.iter().map(|&(time, duration)| (finite(time), finite(duration))).collect();
            let clock = clock(&times);
            prop_assert_eq!(clock.times.len(), times.len());
            prop_assert!(clock.times.windows(2).all(|pair| pair[0] <= pair[1]), "{:?}", clock.times);
            prop_assert!(clock.end >= *clock.times.last().unwrap());
        }
    }
}
