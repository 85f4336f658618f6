//! What is wrong with a tape.

use super::{Cause, Disposition, Fault};

/// What is wrong with a tape. Its bytes never get better, so that all of it is final.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TapeError {
    /// The file is not a ZIP, or a damaged one.
    #[error("not a readable ZIP archive")]
    Archive {
        /// What the ZIP reader said.
        source: Cause,
    },
    /// The ZIP is built to mislead: its entries lie over each other.
    #[error("archive has entries that overlap; a recorder never writes that")]
    Overlap,
    /// The ZIP is built to mislead: two entries that count have one name.
    #[error("archive holds two entries of the same name; a recorder never writes that")]
    SameName,
    /// An entry cannot be read without a password.
    #[error("{name} is encrypted; tapes are not")]
    Encrypted {
        /// The entry.
        name: String,
    },
    /// An entry is packed in a way that no recorder uses.
    #[error("{name} is packed by {method}; expected stored or deflated")]
    PackedBy {
        /// The entry.
        name: String,
        /// The method, as the ZIP reader calls it.
        method: String,
    },
    /// An entry lies about its length.
    #[error("{name} unpacks to {read} bytes; the archive declares {declared}")]
    Lies {
        /// The entry.
        name: String,
        /// How many bytes it has: a number, or `more`.
        read: String,
        /// How many it says.
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
        /// What the decoder said.
        source: Cause,
    },
    /// There is nothing to show.
    #[error("tape holds no frames; expected frame-00000.png and so on at the top of the archive")]
    NoFrames,
    /// There are frames, and none of them can be shown.
    #[error("none of the {frames} frames can be decoded")]
    NoPicture {
        /// How many there are.
        frames: usize,
        /// What is wrong with the first.
        source: Cause,
    },
    /// Something is odd about a tape that must not have anything odd about it.
    #[error("tape has {}; strict allows none", if *.warnings == 1 { "a warning".into() } else { format!("{warnings} warnings") })]
    Strict {
        /// How many there are.
        warnings: usize,
        /// The first, whose source is the next.
        source: Cause,
    },
    /// `timing.json` is not JSON.
    #[error("timing.json is not readable JSON")]
    Timing {
        /// What the parser said.
        source: Cause,
    },
    /// `timing.json` is JSON of another shape.
    #[error("timing.json holds {found}; expected an array of frames or an object with one")]
    TimingShape {
        /// The shape that it has: `a text`.
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

    /// Whether this costs the part of the tape that it is about and no more. What was crafted is none of that.
    #[must_use]
    pub fn is_flaw(&self) -> bool {
        use TapeError::{Picture, Soundtrack, Timing, TimingShape, Unpack};
        matches!(self, Unpack { .. } | Picture { .. } | Soundtrack { .. } | Timing { .. } | TimingShape { .. })
    }
}
