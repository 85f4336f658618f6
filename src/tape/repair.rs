//! Finds the plausible times among the recorded ones. Pure.
//!
//! The times are cut where they run backwards or jump too far. At each cut, the fewest values are dropped that leave
//! the rest in order; if many values that run like a clock would be dropped, the clock was changed instead, and the
//! later times are shifted to continue from the earlier ones.

/// At most this many consecutive values may be wrong although they run forwards.
const FEW: usize = 3;

/// The plausible times.
#[derive(Debug, Clone, PartialEq)]
pub struct Believed {
    /// The times, never decreasing; `None` for unknown ones.
    pub times: Vec<Option<f64>>,
    /// The number of dropped values.
    pub off: usize,
    /// How often the clock was changed.
    pub steps: usize,
}

/// A known time and its frame.
type Known = (usize, f64);

/// Checks the times of a tape whose frames are usually `usual` ms apart and held for at most `longest`.
pub fn believable(times: Vec<Option<f64>>, durations: &[Option<f64>], usual: f64, longest: f64) -> Believed {
    let follows = |before: &Known, after: &Known| {
        let gap = after.1 - before.1;
        gap >= 0.0 && (gap <= longest || durations[before.0].is_some_and(|duration| duration >= gap / 2.0))
    };
    let known: Vec<Known> = times.iter().enumerate().filter_map(|(index, time)| Some((index, (*time)?))).collect();
    if known.windows(2).all(|pair| follows(&pair[0], &pair[1])) {
        return Believed { times, off: 0, steps: 0 };
    }
    let (mut kept, mut shift, mut steps) = (Vec::<Known>::new(), 0.0, 0);
    for run in known.chunk_by(follows) {
        let at = |shift: f64| run.iter().map(|&(index, time)| (index, time + shift)).collect::<Vec<Known>>();
        let Some(&last) = kept.last() else {
            kept = at(shift);
            continue;
        };
        // The clock may have been set back.
        let first = |by: f64| (run[0].0, run[0].1 + by);
        if let Some(by) = [shift.min(0.0), shift.max(0.0)].into_iter().find(|&by| follows(&last, &first(by))) {
            shift = by;
            kept.extend(at(shift));
            continue;
        }
        let run = at(shift);
        let tail = (0..kept.len()).take_while(|back| !follows(&kept[kept.len() - 1 - back], &run[0])).count();
        let head = run.iter().take_while(|time| !follows(&last, time)).count();
        let (ending, beginning) = (&kept[kept.len() - tail..], &run[..head]);
        match (price(ending, usual), price(beginning, usual)) {
            (None, None) => {
                let stays = durations[last.0].unwrap_or(usual * (run[0].0 - last.0) as f64);
                shift += last.1 + stays - run[0].1;
                steps += 1;
                kept.extend(at(shift));
            }
            (ending, beginning) if is_less(ending, beginning, || leap(&kept, tail, &run[0], usual)) => {
                kept.truncate(kept.len() - tail);
                kept.extend(run);
            }
            _ => kept.extend(&run[head..]),
        }
    }
    let off = known.len() - kept.len();
    let mut times = vec![None; times.len()];
    for (index, time) in kept {
        times[index] = Some(time);
    }
    Believed { times, off, steps }
}

/// The cost of dropping these values; `None` if they are many and run like the clock.
fn price(values: &[Known], usual: f64) -> Option<usize> {
    let is_usual = |pair: &&[Known]| {
        let gap = (pair[1].1 - pair[0].1) / (pair[1].0 - pair[0].0) as f64;
        (usual / 2.0..=usual * 2.0).contains(&gap)
    };
    let runs = values.windows(2).filter(is_usual).count() * 2 >= values.len();
    match values.len() {
        count if count <= FEW && !runs => Some(count),
        count if count <= FEW => Some(3 * count),
        count => (!runs).then_some(count),
    }
}

/// Whether the first cost is lower; if they are equal, `decide` decides.
fn is_less(one: Option<usize>, other: Option<usize>, decide: impl Fn() -> bool) -> bool {
    match (one, other) {
        (Some(one), Some(other)) if one == other => decide(),
        (one, other) => one.unwrap_or(usize::MAX) < other.unwrap_or(usize::MAX),
    }
}

/// Whether the last kept value is further from the expected clock than `next` is.
fn leap(kept: &[Known], tail: usize, next: &Known, usual: f64) -> bool {
    let Some(anchor) = kept.len().checked_sub(tail + 1).map(|index| kept[index]) else { return false };
    let off = |value: &Known| (value.1 - anchor.1 - usual * (value.0 - anchor.0) as f64).abs();
    kept.last().is_some_and(|last| off(last) > off(next))
}
