//! Errors of videos: presets, libav, unusable files.

use std::path::PathBuf;

use super::{Cause, Disposition, Fault};

/// Errors of videos.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VideoError {
    /// A preset is unknown.
    #[error("preset {name:?} is unknown; expected one of {known}")]
    UnknownPreset {
        /// The requested name.
        name: String,
        /// The known names, separated by commas.
        known: String,
    },
    /// A preset file is invalid.
    #[error("{} is not a preset file", path.display())]
    PresetFile {
        /// The file.
        path: PathBuf,
        /// The parser's error.
        source: Cause,
    },
    /// A preset has invalid settings.
    #[error("preset {name:?} {what}")]
    Preset {
        /// The preset.
        name: String,
        /// What is wrong with it.
        what: String,
    },
    /// An operation of libav failed.
    #[error("libav failed to {doing}")]
    Libav {
        /// The action that failed: `open libx264`.
        doing: String,
        /// libav's error.
        source: Cause,
    },
    /// libav lacks an encoder that a preset needs.
    #[error("libav has no {name}")]
    NoEncoder {
        /// The encoder, by its libav name.
        name: String,
    },
    /// The finished MP4 differs from its tape, and was discarded.
    #[error("finished video {what}; nothing was kept")]
    Verify {
        /// How it differs from the tape.
        what: String,
    },
    /// A posted video cannot be published.
    #[error("posted video {what}")]
    Posted {
        /// What is wrong with it: `is HTML, not an MP4`.
        what: String,
    },
    /// A file given for measuring has no usable video.
    #[error("{} {what}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

impl VideoError {
    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            VideoError::UnknownPreset { .. }
            | VideoError::PresetFile { .. }
            | VideoError::Preset { .. }
            | VideoError::NoEncoder { .. } => Fault::Operator,
            VideoError::Posted { .. } | VideoError::Unusable { .. } => Fault::Input,
            VideoError::Libav { .. } | VideoError::Verify { .. } => Fault::Ours,
        }
    }

    /// How to proceed. The same tape and libav always fail in the same way.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        Disposition::Drop
    }
}
