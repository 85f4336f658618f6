//! What is wrong with a tape.

use super::{Cause, Disposition, Fault};

/// Errors in a tape. Its bytes do not change, so none of them is worth a retry.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TapeError {
    /// The file is not a ZIP, or is damaged.
    #[error("not a readable ZIP archive")]
    Archive {
        /// The ZIP reader's error.
        source: Cause,
    },
    /// The ZIP is crafted: its entries overlap.
    #[error("archive has overlapping entries, which no recorder writes")]
    Overlap,
    /// The ZIP is crafted: two relevant entries have the same name.
    #[error("archive has two entries of the same name, which no recorder writes")]
    SameName,
    /// An entry is encrypted.
    #[error("{name} is encrypted; tapes are not")]
    Encrypted {
        /// The entry.
        name: String,
    },
    /// An entry is compressed with a method that no recorder uses.
    #[error("{name} is compressed by {method}; expected stored or deflated")]
    PackedBy {
        /// The entry.
        name: String,
        /// The ZIP reader's name for the method.
        method: String,
    },
    /// The length of an entry is not as declared.
    #[error("{name} unpacks to {read} bytes; the archive declares {declared}")]
    Lies {
        /// The entry.
        name: String,
        /// The actual number of bytes, or `more`.
        read: String,
        /// The declared number of bytes.
        declared: u64,
    },
    /// One entry of the archive is damaged.
    #[error("{name} cannot be unpacked")]
    Unpack {
        /// The entry.
        name: String,
        /// What the ZIP reader said.
        source: Cause,
    },
    /// A frame could not be decoded.
    #[error("{name} is not a readable picture")]
    Picture {
        /// The entry or file.
        name: String,
        /// The decoder's error.
        source: Cause,
    },
    /// The tape has no frames.
    #[error("tape holds no frames; expected frame-00000.png and so on at the top of the archive")]
    NoFrames,
    /// None of the frames can be decoded.
    #[error("none of the {frames} frames can be decoded")]
    NoPicture {
        /// The number of frames.
        frames: usize,
        /// The error of the first frame.
        source: Cause,
    },
    /// A tape has warnings, and strict treats them as errors.
    #[error("tape has {}; strict allows none", if *.warnings == 1 { "a warning".into() } else { format!("{warnings} warnings") })]
    Strict {
        /// The number of warnings.
        warnings: usize,
        /// The first warning, whose source is the next one.
        source: Cause,
    },
    /// `timing.json` is not JSON.
    #[error("timing.json is not readable JSON")]
    Timing {
        /// The parser's error.
        source: Cause,
    },
    /// `timing.json` has an unexpected structure.
    #[error("timing.json holds {found}; expected an array of frames or an object with one")]
    TimingShape {
        /// The structure found: `a text`.
        found: &'static str,
    },
    /// The soundtrack cannot be used.
    #[error("{name} {what}")]
    Soundtrack {
        /// The entry.
        name: String,
        /// What is wrong with it.
        what: String,
    },
}

impl TapeError {
    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        Fault::Input
    }

    /// What to do about it.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        Disposition::Drop
    }

    /// Whether this costs only the affected part of the tape. Errors in crafted archives are never flaws.
    #[must_use]
    pub fn is_flaw(&self) -> bool {
        use TapeError::{Picture, Soundtrack, Timing, TimingShape, Unpack};
        matches!(self, Unpack { .. } | Picture { .. } | Soundtrack { .. } | Timing { .. } | TimingShape { .. })
    }
}
