//! The declared rate of a video, from which decoders and other tools derive its requirements.
//!
//! The actual times are in the packets and may be any. A level must cover the fastest stretch, and tools that need one
//! number for the whole video do best with the common rate of that stretch.

use ffmpeg_next::Rational;

use crate::tape::{Shown, TICKS_PER_SECOND};

/// How long a rate must be sustained to count, in ticks: a second. Buffers handle shorter bursts.
const SUSTAINED: i64 = TICKS_PER_SECOND;

/// Rates of displays, cameras and animations.
const USUAL: [i64; 20] = [1, 2, 4, 6, 8, 10, 12, 15, 20, 24, 30, 48, 50, 60, 75, 90, 100, 120, 144, 240];

/// The tolerance above a common rate: a second at 60 Hz may have 61 frames.
const JITTER: f64 = 1.07;

/// The common rate next above the fastest second of `frames`, in frames per second. A single frame declares its
/// duration.
pub fn declared_rate(frames: &[Shown]) -> Rational {
    if let [only] = frames {
        return Rational(TICKS_PER_SECOND as i32, only.duration.clamp(1, i64::from(i32::MAX)) as i32).reduce();
    }
    let end = frames.last().map_or(0, |last| last.start + last.duration);
    let window = SUSTAINED.min(end).max(1);
    let mut first = 0;
    let mut most = 0;
    for (index, shown) in frames.iter().enumerate() {
        while frames[first].start + window <= shown.start {
            first += 1;
        }
        most = most.max(index + 1 - first);
    }
    let fastest = most as f64 * TICKS_PER_SECOND as f64 / window as f64;
    let usual = USUAL.into_iter().find(|&rate| fastest <= rate as f64 * JITTER);
    Rational(usual.unwrap_or(fastest.ceil() as i64) as i32, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames at these times in ms, the last of 20 ms.
    fn frames(starts: impl IntoIterator<Item = f64>) -> Vec<Shown> {
        let mut starts: Vec<_> = starts.into_iter().map(|start| (start * 90.0) as i64).collect();
        starts.push(starts.last().unwrap() + 1800);
        let frame = |(frame, pair): (usize, &[i64])| Shown { frame, start: pair[0], duration: pair[1] - pair[0] };
        starts.windows(2).enumerate().map(frame).collect()
    }

    fn rate(starts: impl IntoIterator<Item = f64>) -> i32 {
        declared_rate(&frames(starts)).numerator()
    }

    #[test]
    fn a_steady_tape_declares_its_rate() {
        for hz in [1, 24, 30, 60, 120, 144, 240] {
            assert_eq!(rate((0..2 * hz + 2).map(|index| f64::from(index) * 1000.0 / f64::from(hz))), hz);
        }
    }

    #[test]
    fn the_fastest_second_counts_and_jitter_and_pauses_do_not() {
        let steady = (0..120).map(|index| f64::from(index) * 1000.0 / 60.0);
        let jittered = steady.clone().map(|start| start + (start * 7.0 % 5.0));
        let with_pauses = steady.map(|start| if start > 1000.0 { start + 9000.0 } else { start });
        assert_eq!((rate(jittered), rate(with_pauses)), (60, 60));
        assert_eq!(rate((0..40).map(|index| f64::from(index) * 250.0)), 4);
    }

    #[test]
    fn a_single_frame_declares_what_it_lasts() {
        let only = |duration| declared_rate(&[Shown { frame: 0, start: 0, duration }]);
        assert_eq!(only(3000), Rational(30, 1));
        assert_eq!(only(450_000), Rational(1, 5));
    }
}
