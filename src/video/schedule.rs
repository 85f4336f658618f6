//! The times at which a video shows the frames of its tape.

use crate::error::Result;
use crate::tape::{Tape, Timeline};

use super::preset::{Preset, Rate};

/// Options that are not part of the preset.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Snap every frame to a grid of this many frames per second.
    pub snap: Option<u32>,
}

/// The times at which the video shows its frames.
pub fn timeline(tape: &Tape, preset: &Preset, options: Options) -> Result<Timeline> {
    let timeline = match preset.rate {
        Rate::Exact => {
            let repeats = tape.repeats()?;
            tape.timeline.merge(|frame| repeats[frame])
        }
        Rate::Rounded => tape.timeline.at_constant_rate(rounded_rate(tape)),
    };
    let timeline = match tape.soundtrack() {
        Some(sound) => {
            let end = sound.end_with(timeline.end());
            timeline.hold_until(end)
        }
        None => timeline,
    };
    Ok(match options.snap {
        Some(rate) => timeline.snap(rate),
        None => timeline,
    })
}

/// The rate that the site's converter derives from a tape: frames per second of sound, otherwise the mean, otherwise
/// 60.
fn rounded_rate(tape: &Tape) -> u32 {
    let frames = tape.frame_count() as f64;
    let durations: Vec<f64> = tape.timing.iter().filter_map(|row| row.duration).collect();
    let rate = match tape.soundtrack() {
        Some(sound) if !durations.is_empty() => frames / sound.seconds(),
        _ if durations.is_empty() => 60.0,
        _ => 1000.0 * durations.len() as f64 / durations.iter().sum::<f64>(),
    };
    // The site's converter fails if this is 0 or infinite; we need not.
    rate.round().clamp(1.0, 240.0) as u32
}
