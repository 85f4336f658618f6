//! The options that raise or lower the limits on tapes.

use std::time::Duration;

use clap::Args;

use crate::tape::Limits;

/// Limits on a tape; one that exceeds them is refused.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = super::headings::LIMITS)]
pub struct LimitArguments {
    /// Maximum number of frames in a tape
    #[arg(long = "max-frames", value_name = "N", default_value_t = Limits::default().frames)]
    frames: usize,
    /// Maximum number of pixels in a frame
    #[arg(long = "max-pixels", value_name = "N", default_value_t = Limits::default().pixels)]
    pixels: u64,
    /// Maximum size of a tape in bytes, compressed or not
    #[arg(long = "max-bytes", value_name = "N", default_value_t = Limits::default().bytes)]
    bytes: u64,
    /// Maximum length of a tape in seconds
    #[arg(long = "max-duration", value_name = "SECONDS", default_value_t = Limits::default().duration.as_secs())]
    duration: u64,
}

impl LimitArguments {
    pub fn limits(&self) -> Limits {
        Limits {
            frames: self.frames,
            pixels: self.pixels,
            bytes: self.bytes,
            duration: Duration::from_secs(self.duration),
        }
    }
}
