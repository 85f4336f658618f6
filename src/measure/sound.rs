//! Measures the delay of a video's sound relative to the tape's. Pure arithmetic.
//!
//! The loudest second of the tape is searched in the video, near its time, by normalised cross-correlation. Both are
//! first averaged to the same low rate; a peak between two samples is interpolated.

use std::collections::VecDeque;

/// Samples per second for the comparison: enough for speech, and 1/8 ms apart before interpolation.
const RATE: f64 = 8000.0;

/// Length of the part compared, in seconds.
const PART: f64 = 1.0;

/// How far from its time it is searched, in seconds.
const REACH: f64 = 0.25;

/// Loudness is averaged over this many seconds.
const SLOT: f64 = 0.01;

/// Mean power below which sound counts as silence: the last bit of 16.
const SILENCE: f64 = 1e-9;

/// Correlation below which two sounds are unrelated.
const ALIKE: f64 = 0.3;

/// A peak lower than the highest by this much may still be the right one: repetitive sounds have many.
const RIVAL: f64 = 0.01;

/// Finds the loudest part of a sound as it is played.
#[derive(Debug, Default)]
pub struct Loudest {
    /// Powers of the last slots, as many as in a part, and their sum.
    slots: VecDeque<f64>,
    power: f64,
    /// Energy of the samples in the incomplete slot, and their number.
    open: (f64, usize),
    /// Seconds in complete slots.
    seconds: f64,
    /// End of the loudest part, in seconds, and its power.
    best: Option<(f64, f64)>,
}

impl Loudest {
    /// Takes the next samples.
    pub fn take(&mut self, rate: u32, samples: impl Iterator<Item = f32>) {
        let slot = ((f64::from(rate) * SLOT) as usize).max(1);
        for sample in samples {
            self.open = (self.open.0 + f64::from(sample).powi(2), self.open.1 + 1);
            if self.open.1 == slot {
                self.seconds += slot as f64 / f64::from(rate);
                let (energy, _) = std::mem::take(&mut self.open);
                self.close_slot(energy / slot as f64);
            }
        }
    }

    fn close_slot(&mut self, power: f64) {
        self.slots.push_back(power);
        self.power += power;
        if self.slots.len() > (PART / SLOT) as usize {
            self.power -= self.slots.pop_front().unwrap_or_default();
        }
        if self.best.is_none_or(|(_, best)| self.power > best) {
            self.best = Some((self.seconds, self.power));
        }
    }

    /// Start of the part to compare, in seconds; `None` if all is silent.
    pub fn start(&self) -> Option<f64> {
        let (end, power) = self.best?;
        // The loudest part ends just after its loudest sound; starting a quarter later includes the whole decay.
        (power * SLOT / PART > SILENCE).then_some((end - PART * 0.75).max(0.0))
    }
}

/// A stretch of sound at the rate for comparison.
#[derive(Debug)]
pub struct Stretch {
    start: f64,
    sums: Vec<(f32, u32)>,
}

impl Stretch {
    /// The part of the tape that begins at `start`, in seconds.
    pub fn part(start: f64) -> Self {
        Stretch { start, sums: vec![(0.0, 0); (PART * RATE) as usize] }
    }

    /// The stretch of the video that may contain that part.
    pub fn around(start: f64) -> Self {
        Stretch { start: start - REACH, sums: vec![(0.0, 0); ((PART + 2.0 * REACH) * RATE) as usize + 1] }
    }

    /// Takes the samples it needs from those that begin at `time`; returns whether later ones can still be needed.
    pub fn take(&mut self, time: f64, rate: u32, samples: impl Iterator<Item = f32>) -> bool {
        let mut at = (time - self.start) * RATE;
        for sample in samples {
            if at >= 0.0
                && let Some((sum, count)) = self.sums.get_mut(at as usize)
            {
                *sum += sample;
                *count += 1;
            }
            at += RATE / f64::from(rate);
        }
        at < self.sums.len() as f64
    }

    /// The samples, around their mean.
    fn samples(&self) -> Vec<f64> {
        let samples: Vec<_> = self.sums.iter().map(|&(sum, count)| f64::from(sum) / f64::from(count.max(1))).collect();
        let mean = samples.iter().sum::<f64>() / samples.len() as f64;
        samples.into_iter().map(|sample| sample - mean).collect()
    }
}

/// The delay of the part of the tape in the video, in ms; `None` if it is not found.
pub fn offset(tape: &Stretch, video: &Stretch) -> Option<f64> {
    let (part, around) = (tape.samples(), video.samples());
    let quiet = SILENCE * part.len() as f64;
    let own: f64 = part.iter().map(|sample| sample * sample).sum();
    // Energies up to each sample; the energy of a window is the difference of two.
    let energies: Vec<f64> = std::iter::once(0.0)
        .chain(around.iter().scan(0.0, |sum, sample| {
            *sum += sample * sample;
            Some(*sum)
        }))
        .collect();
    let correlations: Vec<f64> = around
        .windows(part.len())
        .zip(energies.iter().zip(&energies[part.len()..]))
        .map(|(window, (before, after))| {
            let product: f64 = part.iter().zip(window).map(|(one, other)| one * other).sum();
            product / (own * (after - before).max(quiet)).sqrt()
        })
        .collect();
    let highest = correlations.iter().copied().fold(0.0, f64::max);
    if own < quiet || highest < ALIKE {
        return None;
    }
    let center = correlations.len() as f64 / 2.0 - 0.5;
    let height = |index: usize| correlations.get(index).copied().unwrap_or(-1.0);
    let is_peak = |&index: &usize| {
        let here = correlations[index];
        here >= highest - RIVAL && here >= height(index.wrapping_sub(1)) && here >= height(index + 1)
    };
    let peaks = (0..correlations.len()).filter(is_peak);
    let peak = peaks.min_by(|&one, &other| (one as f64 - center).abs().total_cmp(&(other as f64 - center).abs()))?;
    let lag = peak as f64 + between(height(peak.wrapping_sub(1)), height(peak), height(peak + 1));
    Some((lag / RATE - REACH) * 1000.0)
}

/// The position of the peak of a parabola through three points, relative to the middle one, from −0.5 to 0.5.
fn between(left: f64, middle: f64, right: f64) -> f64 {
    let curve = left - 2.0 * middle + right;
    if curve >= 0.0 { 0.0 } else { ((left - right) / (2.0 * curve)).clamp(-0.5, 0.5) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Rate and seconds of a sound, and how it goes.
    fn offset_of(rates: (u32, u32), seconds: f64, sound: impl Fn(f64) -> f32, delay: f64) -> Option<f64> {
        let play = |rate: u32, delay: f64| {
            let sound = &sound;
            let sample = move |index: u32| sound(f64::from(index) / f64::from(rate) - delay);
            (0..(seconds * f64::from(rate)) as u32).map(sample)
        };
        let mut loudest = Loudest::default();
        loudest.take(rates.0, play(rates.0, 0.0));
        let start = loudest.start()?;
        let (mut part, mut around) = (Stretch::part(start), Stretch::around(start));
        part.take(0.0, rates.0, play(rates.0, 0.0));
        around.take(0.0, rates.1, play(rates.1, delay));
        offset(&part, &around)
    }

    fn click(at: f64) -> impl Fn(f64) -> f32 {
        move |time| if (at..at + 0.002).contains(&time) { 0.9 } else { 0.0 }
    }

    #[test]
    fn a_late_click_is_late_by_as_much_whatever_the_rates() {
        for (rates, at, delay) in
            [((48_000, 48_000), 0.5, 0.0), ((44_100, 48_000), 2.0, 0.021), ((8_000, 44_100), 0.0, 0.1)]
        {
            let found = offset_of(rates, 3.0, click(at), delay).unwrap() / 1000.0;
            assert!((found - delay).abs() < 0.000_2, "{found} {delay}");
        }
    }

    #[test]
    fn of_a_tone_that_never_changes_the_nearest_period_counts() {
        let found =
            offset_of((48_000, 48_000), 3.0, |time| (time * 440.0 * std::f64::consts::TAU).sin() as f32, 0.000_5);
        assert!((found.unwrap() - 0.5).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn silence_and_other_sounds_have_no_offset() {
        assert_eq!(offset_of((8_000, 8_000), 2.0, |_| 0.0, 0.0), None);
        assert_eq!(offset_of((8_000, 8_000), 2.0, click(1.0), 0.8), None);
        assert_eq!(offset_of((8_000, 8_000), 0.0, click(1.0), 0.0), None);
    }

    proptest! {
        // Each takes 32 million multiplications, unoptimised.
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn any_offset_within_reach_is_found(at in 0.3_f64..2.0, delay in -0.24_f64..0.24) {
            let found = offset_of((24_000, 24_000), 3.0, click(at), delay).unwrap() / 1000.0;
            prop_assert!((found - delay).abs() < 0.000_2, "{found} {delay}");
        }
    }
}
