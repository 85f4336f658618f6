//! Limits on a tape, beyond which it is refused.
//!
//! Tapes are untrusted. Each limit is checked against the archive's declarations before anything is unpacked.

use std::time::Duration;

/// The largest `timing.json`: twenty times the size for 7,200 frames, pretty-printed.
pub const MAX_TIMING_BYTES: u64 = 16 << 20;

/// The longest directory of an archive: ten times the size for 7,200 frames. An entry takes ten times its size in
/// memory.
pub const MAX_DIRECTORY_BYTES: u64 = 8 << 20;

/// The longest side in H.264: level 6.2 and libx264 allow 16,384.
pub const MAX_SIDE: u32 = 16_384;

/// Plausible sample rates, in Hz: from slow sensors to the fastest converters.
pub const SAMPLE_RATES: std::ops::RangeInclusive<u32> = 1_000..=768_000;

/// Maximum number of channels of a soundtrack: those of 7.1.
pub const MAX_CHANNELS: u16 = 8;

/// Limits on a tape. Each has its own flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Frames. The site stops a tape after 30 s; at 240 Hz that is 7,200.
    pub frames: usize,
    /// Pixels of one frame. The default, 4096², is twice a 4K canvas.
    pub pixels: u64,
    /// Bytes of the archive, compressed and uncompressed. 1 GiB is 1,800 frames of 480×360 without any compression.
    pub bytes: u64,
    /// Length of pictures and of sound: twenty times the longest recording on the site.
    pub duration: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { frames: 7_200, pixels: 4096 * 4096, bytes: 1 << 30, duration: Duration::from_mins(10) }
    }
}
