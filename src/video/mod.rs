//! Frames to MP4. The only floor that knows libav.
//!
//! [`transcode`] is the entry point; it runs `encode` for every chunk and `audio` for the sound on all cores, and joins
//! their packets with `mux`, in order, while later chunks are still being encoded.
//!
//! A [`Preset`] is data, and a [`Monitor`] receives the progress:
//!
//! ```
//! use std::sync::Arc;
//! use std::sync::atomic::{AtomicUsize, Ordering};
//! # use std::{fs::File, path::Path};
//! # use telecine::{stop::Stop, tape::{Limits, Tape}};
//! use telecine::video::{Monitor, Options, Presets, Progress, transcode};
//!
//! let own = "[tiny]\nbased-on = \"swift.sharp\"\nscale = 1\nquality = { crf = 30 }";
//! let presets = Presets::built_in()?.extended(Path::new("own.toml"), own)?;
//!
//! let encoded = Arc::new(AtomicUsize::new(0));
//! let counted = encoded.clone();
//! let monitor = Monitor::telling(Stop::never(), move |progress| {
//!     if let Progress::Encoded { frames } = progress {
//!         counted.fetch_add(frames, Ordering::Relaxed);
//!     }
//! });
//! # let tape = Tape::open(File::open("fixtures/tapes/duplicates.zip")?, &Limits::default())?;
//! # let (pool, mut file) = (rayon::ThreadPoolBuilder::new().build()?, tempfile::tempfile()?);
//! let snapped = Options { snap: Some(60) };
//! let made = transcode(&tape, presets.get("tiny")?, snapped, &pool, &monitor, &mut file)?;
//! assert_eq!((made.width, made.height), (tape.width, tape.height));
//! assert_eq!(encoded.load(Ordering::Relaxed), made.kept);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod audio;
mod boxes;
mod bt709;
mod choose;
mod complexity;
mod encode;
mod encoding;
mod exact;
mod fingerprint;
mod floor;
mod frame_source;
mod installed;
mod join;
mod level;
mod listen;
mod look;
mod monitor;
mod mux;
mod paint;
mod pixels;
pub mod planes;
pub mod posted;
mod preset;
mod presets;
mod quality;
mod rate;
mod reader;
mod reduce;
mod schedule;
#[doc(hidden)]
pub mod stages;
mod still;
mod thousandths;
mod transcode;
mod trial;
mod verify;
mod versions;

use std::sync::Once;

use ffmpeg_next as ffmpeg;

use crate::error::{Error, VideoError};

pub use choose::{Choice, choice};
pub use encoding::{Codec, Colors, Encoding};
pub use fingerprint::fingerprint;
pub use installed::{Installed, has as has_encoder, installed};
pub use look::{Kind, Look, look};
pub use monitor::{Monitor, Progress};
pub use planes::Geometry;
pub use preset::{Choose, Player, Preset, Rate};
pub use presets::Presets;
pub use quality::{Floor, Place, Quality, Trial};
pub use reader::{Facts, Played, Reader};
pub use reduce::{Matrix, Reduced, Swing};
pub use schedule::Options;
pub use still::webp;
pub use transcode::{Transcoded, transcode};
pub use versions::{Versions, versions};

/// Sets up libav for this process; every use of it starts with this.
fn prepare() {
    static PREPARED: Once = Once::new();
    PREPARED.call_once(|| {
        ffmpeg::log::set_level(ffmpeg::log::Level::Quiet);
        // Each chunk has its own encoder, and glibc would keep the pictures of past ones in the arena of each thread: a
        // long tape would take a third more memory than a short one. glibc returns larger allocations to the system.
        #[cfg(target_env = "gnu")]
        // SAFETY: sets a number inside the allocator, which may be called at any time.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, 1 << 20);
        }
    });
}

/// Turns a libav error into ours: `libav("open libx264")`.
fn libav(doing: impl Into<String>) -> impl FnOnce(ffmpeg::Error) -> Error {
    move |source| Error::Video(VideoError::Libav { doing: doing.into(), source: source.into() })
}
