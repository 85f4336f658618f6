//! Times for frames without a time of their own: interpolated between neighbours, or shared among frames of the same
//! time.

use super::pace::Pace;

/// How long the site's player shows a frame without any timing, in ms.
pub const UNKNOWN_DURATION: f64 = 1000.0 / 30.0;

/// All times, with unknown ones interpolated from their neighbours.
pub fn filled(times: &[Option<f64>], durations: &[Option<f64>], usual: Option<f64>) -> Vec<f64> {
    let stays = |index: usize| durations[index].or(usual).unwrap_or(UNKNOWN_DURATION);
    let mut filled: Vec<f64> = Vec::with_capacity(times.len());
    let Some(first) = times.iter().position(Option::is_some) else {
        let mut clock = 0.0;
        filled.extend(durations.iter().map(|duration| {
            let time = clock;
            clock += duration.unwrap_or(UNKNOWN_DURATION);
            time
        }));
        return filled;
    };
    // Backwards from the first known time.
    let mut time = times[first].unwrap_or_default();
    filled.extend((0..first).rev().map(|index| {
        time -= stays(index);
        time
    }));
    filled.reverse();
    let mut index = first;
    while index < times.len() {
        let time = times[index].unwrap_or_default();
        filled.push(time);
        let next = (index + 1..times.len()).find(|&next| times[next].is_some());
        if let Some((next, until)) = next.and_then(|next| times[next].map(|time| (next, time))) {
            let shares = shares(&durations[index..next]);
            filled.extend(shares[..next - index - 1].iter().map(|share| time + (until - time) * share));
            index = next;
        } else {
            let mut time = time;
            filled.extend((index..times.len() - 1).map(|before| {
                time += stays(before);
                time
            }));
            break;
        }
    }
    filled
}

/// The end of each frame within a stretch, from 0 to 1: by the durations if all are known, otherwise evenly.
fn shares(durations: &[Option<f64>]) -> Vec<f64> {
    let sum: f64 = durations.iter().flatten().sum();
    let is_known = sum.is_finite() && durations.iter().all(Option::is_some);
    let (mut passed, count) = (0.0, durations.len() as f64);
    let share = |duration: &Option<f64>| {
        passed += duration.filter(|_| is_known).map_or(1.0 / count, |duration| duration / sum);
        passed.min(1.0)
    };
    durations.iter().map(share).collect()
}

/// Spreads frames with the same time until the next tick of the clock. Returns how many had the time of another.
pub fn share(times: &mut [f64], pace: Pace) -> usize {
    let (mut start, mut shared) = (0, 0);
    while start < times.len() {
        let time = times[start];
        let count = times[start..].iter().take_while(|&&other| other <= time).count();
        if count > 1 {
            let (next, frames) = (times.get(start + count).copied(), count as f64);
            // A picture that is then held for long was not drawn in the middle of that time.
            let most = if next.is_some() { pace.tick.max(frames * pace.frame) } else { pace.tick };
            let room = next.map_or(frames * pace.frame, |next| next - time).min(most);
            for (index, other) in times[start..start + count].iter_mut().enumerate() {
                *other = time + room * index as f64 / frames;
            }
            shared += count - 1;
        }
        start += count;
    }
    shared
}

/// The duration of the last frame, unless it only reflects a slow clock or the recorder's shortest duration.
pub fn last_duration(times: &[f64], durations: &[Option<f64>], pace: Option<Pace>, is_shared: bool) -> Option<f64> {
    let duration = durations.last().copied().flatten()?;
    // A tick is the difference of two floats, so it is not exactly the written value.
    if is_shared && pace.is_some_and(|pace| duration <= pace.tick * 1.001) {
        return None;
    }
    let same = times.windows(2).zip(durations).filter(|(_, other)| **other == Some(duration));
    let is_raised = |pair: &[f64]| (pair[1] - pair[0]) * 2.0 < duration;
    let raised = same.filter(|(pair, _)| is_raised(pair)).count();
    (raised < 2).then_some(duration)
}
