//! The flags that raise or lower what a tape may ask for.

use std::time::Duration;

use clap::Args;

use crate::tape::Limits;

/// Limits on what a tape may hold; beyond them it is refused.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArguments {
    /// Frames a tape may hold
    #[arg(long, value_name = "N", default_value_t = Limits::default().frames)]
    max_frames: usize,
    /// Pixels a frame may have
    #[arg(long, value_name = "N", default_value_t = Limits::default().pixels)]
    max_pixels: u64,
    /// Bytes a tape may have, packed and unpacked
    #[arg(long, value_name = "N", default_value_t = Limits::default().bytes)]
    max_bytes: u64,
    /// Seconds a tape may last
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().duration.as_secs())]
    max_duration: u64,
}

impl LimitArguments {
    pub fn limits(&self) -> Limits {
        Limits {
            frames: self.max_frames,
            pixels: self.max_pixels,
            bytes: self.max_bytes,
            duration: Duration::from_secs(self.max_duration),
        }
    }
}
