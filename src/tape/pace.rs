//! The typical pace of a clock: its ticks, its frames, and its unit. Pure.

/// The typical pace of a clock, in its own unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// The time between two different timestamps.
    pub tick: f64,
    /// The time from frame to frame, which is only a part of a tick if the clock is slow.
    pub frame: f64,
    /// The same as a mean, without a few long holds.
    pub mean: f64,
    /// The number of ticks observed.
    pub ticks: usize,
}

/// The pace of these times; `None` if no time is later than another.
pub fn pace(times: &[Option<f64>]) -> Option<Pace> {
    // Each tick, and its number of frames.
    let mut ticks = Vec::new();
    let mut start: Option<(usize, f64)> = None;
    for (index, &time) in times.iter().enumerate() {
        let Some(time) = time else { continue };
        match start {
            Some((_, before)) if before.total_cmp(&time).is_eq() => {}
            Some((from, before)) => {
                let tick = time - before;
                if tick > 0.0 && tick.is_finite() {
                    ticks.push((tick, (index - from) as f64));
                }
                start = Some((index, time));
            }
            None => start = Some((index, time)),
        }
    }
    let frame = typical(ticks.iter().map(|(tick, frames)| tick / frames).collect())?;
    let tick = typical(ticks.iter().map(|(tick, _)| *tick).collect())?;
    ticks.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let usual = &ticks[..ticks.len() - ticks.len() / 20];
    let sum = usual.iter().fold((0.0, 0.0), |sum, tick| (sum.0 + tick.0, sum.1 + tick.1));
    Some(Pace { tick, frame, mean: sum.0 / sum.1, ticks: ticks.len() })
}

/// The median.
pub fn typical(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// The unit of times, if not milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A thousand times too small.
    Seconds,
    /// A thousand times too large.
    Microseconds,
    /// A million times too large.
    Nanoseconds,
}

/// The factors that convert times and durations to milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The timestamps.
    pub times: f64,
    /// The durations.
    pub durations: f64,
    /// The unit, for the warning.
    pub unit: Option<Unit>,
    /// Whether the timestamps are unusable in every unit.
    pub is_impossible: bool,
}

const MILLISECONDS: Scale = Scale { times: 1.0, durations: 1.0, unit: None, is_impossible: false };

/// The shortest time of a frame, in ms: no recorder draws a thousand frames per second.
const SHORTEST: f64 = 1.0;

/// The number of ticks that must agree before another unit is assumed.
const EVIDENCE: usize = 3;

/// Finds a unit in which times and durations are plausible and agree.
pub fn scale(times: &[Option<f64>], durations: &[Option<f64>]) -> Scale {
    let in_seconds = |times, durations| Scale { times, durations, unit: Some(Unit::Seconds), is_impossible: false };
    let impossible = Scale { is_impossible: true, ..MILLISECONDS };
    let duration = typical(durations.iter().flatten().copied().collect());
    let Some(pace) = pace(times) else {
        let durations_are_seconds = duration.is_some_and(|duration| duration < SHORTEST);
        let stands_still = times.iter().flatten().count() > 1;
        let scale = if durations_are_seconds { in_seconds(1.0, 1000.0) } else { MILLISECONDS };
        return Scale { is_impossible: stands_still, ..scale };
    };
    let is_about = |ratio: f64, expected: f64| (ratio / expected - 1.0).abs() < 0.05;
    let (frame, is_too_fast) = (pace.frame, pace.mean < SHORTEST);
    match duration {
        Some(duration) if is_too_fast && duration < SHORTEST => in_seconds(1000.0, 1000.0),
        Some(duration) if is_too_fast && is_about(duration / frame, 1000.0) && pace.ticks >= EVIDENCE => {
            in_seconds(1000.0, 1.0)
        }
        Some(_) if is_too_fast && pace.ticks > 1 => impossible,
        None if is_too_fast && pace.ticks > 1 => in_seconds(1000.0, 1.0),
        Some(duration) if duration < SHORTEST && is_about(frame / duration, 1000.0) => in_seconds(1.0, 1000.0),
        Some(duration) if pace.ticks >= EVIDENCE && is_about(frame / duration, 1000.0) => {
            Scale { times: 1e-3, unit: Some(Unit::Microseconds), ..MILLISECONDS }
        }
        Some(duration) if pace.ticks >= EVIDENCE && is_about(frame / duration, 1e6) => {
            Scale { times: 1e-6, unit: Some(Unit::Nanoseconds), ..MILLISECONDS }
        }
        _ => MILLISECONDS,
    }
}
