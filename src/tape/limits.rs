//! How much a tape may ask of the machine before it is refused.
//!
//! A tape comes from strangers. Each limit is checked against what the archive declares before anything is unpacked.

use std::time::Duration;

/// The largest `timing.json`: twenty times what 7,200 frames need, pretty-printed.
pub const MAX_TIMING_BYTES: u64 = 16 << 20;

/// The longest directory of an archive: ten times what 7,200 frames need. Each entry takes ten times its bytes once read.
pub const MAX_DIRECTORY_BYTES: u64 = 8 << 20;

/// The longest side H.264 can carry (level 6.2 allows 16,384, and so does libx264).
pub const MAX_SIDE: u32 = 16_384;

/// Rates at which sound is plausible, in Hz: the slowest of sensors to the fastest of converters.
pub const SAMPLE_RATES: std::ops::RangeInclusive<u32> = 1_000..=768_000;

/// Most channels of a soundtrack: those of 7.1.
pub const MAX_CHANNELS: u16 = 8;

/// What one tape may hold. Every one of these has a flag of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Frames. The site stops a tape after 30 s; at 240 Hz that is 7,200.
    pub frames: usize,
    /// Pixels of one frame. A 4K canvas has half as many as 4096².
    pub pixels: u64,
    /// Bytes of the archive, and bytes it unpacks to. 1 GiB is 1,800 frames of 480×360 that do not compress at all.
    pub bytes: u64,
    /// Length of pictures and of sound. Twenty times what the site lets people record.
    pub duration: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { frames: 7_200, pixels: 4096 * 4096, bytes: 1 << 30, duration: Duration::from_mins(10) }
    }
}
