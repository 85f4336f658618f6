//! The flags that raise or lower what a tape may ask for.

use std::time::Duration;

use clap::Args;

use crate::tape::Limits;

/// Limits on what a tape may hold; beyond them it is refused.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArguments {
    /// Frames a tape may hold
    #[arg(long = "max-frames", value_name = "N", default_value_t = Limits::default().frames)]
    frames: usize,
    /// Pixels a frame may have
    #[arg(long = "max-pixels", value_name = "N", default_value_t = Limits::default().pixels)]
    pixels: u64,
    /// Bytes a tape may have, packed and unpacked
    #[arg(long = "max-bytes", value_name = "N", default_value_t = Limits::default().bytes)]
    bytes: u64,
    /// Seconds a tape may last
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
