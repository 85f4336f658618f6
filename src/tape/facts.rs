//! Facts about the contents of a tape.

use serde::{Deserialize, Serialize};

use crate::error::Result;

use super::open::Tape;
use super::timeline::TICKS_PER_SECOND;

/// Facts about the contents of a tape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Bytes of the archive.
    pub bytes: u64,
    /// Files in it.
    pub entries: usize,
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// Pictures.
    pub frames: usize,
    /// Pictures that are the same as the previous one.
    pub duplicates: usize,
    /// How long it lasts.
    pub seconds: f64,
    /// The picture that is shown longest.
    pub longest_hold: Hold,
    /// Its sound, if it has any.
    pub sound: Option<Sound>,
    /// Names of files that nothing reads.
    pub extra: Vec<String>,
}

/// A picture and the time it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    /// Its number, from 0.
    pub frame: usize,
    /// The time it is shown.
    pub seconds: f64,
}

/// The sound of a tape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sound {
    /// How long it lasts.
    pub seconds: f64,
    /// Samples per second.
    pub rate: u32,
    /// One for mono, two for stereo.
    pub channels: u16,
    /// How much longer than the pictures it is.
    pub surplus_seconds: f64,
}

impl Sound {
    /// `mono`, `stereo`, `6 channels`.
    #[must_use]
    pub fn layout(&self) -> String {
        match self.channels {
            1 => "mono".into(),
            2 => "stereo".into(),
            channels => format!("{channels} channels"),
        }
    }
}

impl Tape {
    /// Collects the facts. Unpacks pictures that may be equal.
    ///
    /// # Errors
    /// As [`Tape::repeats`].
    pub fn facts(&self) -> Result<Facts> {
        let repeats = self.repeats()?;
        let seconds = |ticks: i64| ticks as f64 / TICKS_PER_SECOND as f64;
        let merged = self.timeline.merge(|frame| repeats[frame]);
        let longest = merged.shown().max_by_key(|shown| shown.duration);
        Ok(Facts {
            bytes: self.bytes,
            entries: self.entries,
            width: self.width,
            height: self.height,
            frames: self.frame_count(),
            duplicates: repeats.iter().filter(|&&repeat| repeat).count(),
            seconds: seconds(self.timeline.end()),
            longest_hold: longest.map_or(Hold { frame: 0, seconds: 0.0 }, |hold| Hold {
                frame: hold.frame,
                seconds: seconds(hold.duration),
            }),
            sound: self.soundtrack().map(|sound| Sound {
                seconds: sound.seconds(),
                rate: sound.rate,
                channels: sound.channels,
                surplus_seconds: sound.seconds() - self.timeline.duration().as_secs_f64(),
            }),
            extra: self.extra.clone(),
        })
    }
}
