//! What goes wrong with videos: presets, libav, files that are none.

use std::path::PathBuf;

use super::{Cause, Disposition, Fault};

/// What goes wrong with videos.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VideoError {
    /// A preset was asked for that nobody defined.
    #[error("preset {name:?} is unknown; there are {known}")]
    UnknownPreset {
        /// The name asked for.
        name: String,
        /// The names there are, comma-separated.
        known: String,
    },
    /// A preset file does not say what it should.
    #[error("{} is not a preset file", path.display())]
    PresetFile {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        source: Cause,
    },
    /// A preset asks for what cannot be done.
    #[error("preset {name:?} {what}")]
    Preset {
        /// The preset.
        name: String,
        /// What is wrong with it.
        what: String,
    },
    /// libav refused to do its part.
    #[error("libav failed to {doing}")]
    Libav {
        /// The action that failed: `open libx264`.
        doing: String,
        /// What it said.
        source: Cause,
    },
    /// libav was built without an encoder that a preset needs.
    #[error("libav has no {name}")]
    NoEncoder {
        /// The encoder, by its libav name.
        name: String,
    },
    /// The finished MP4 is not what it should be; nothing was handed over.
    #[error("finished video {what}; nothing was kept")]
    Verify {
        /// How it differs from the tape.
        what: String,
    },
    /// A video that somebody posted cannot be published.
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

    /// What to do about it: the same tape and libav end the same way every time.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        Disposition::Drop
    }
}
