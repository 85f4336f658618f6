//! Errors of local files.

use std::path::{Path, PathBuf};

use super::{Disposition, Error, Fault};

/// Errors of local files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// A file could not be opened or read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A file could not be created, written or moved into place.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The finished video could not be written to its destination.
    #[error("cannot write the video")]
    Output {
        /// The system's error.
        source: std::io::Error,
    },
    /// A temporary file could not be written.
    #[error("cannot write temporary files")]
    Scratch {
        /// The system's error.
        source: std::io::Error,
    },
    /// The output file exists already.
    #[error("{} exists", path.display())]
    Exists {
        /// The file that would be overwritten.
        path: PathBuf,
    },
}

impl FileError {
    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        Fault::Operator
    }

    /// How to proceed. A full disk may have space later.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        match self {
            FileError::Exists { .. } => Disposition::Drop,
            _ => Disposition::Retry { after: None },
        }
    }
}

impl Error {
    pub(crate) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
        move |source| FileError::Read { path: path.into(), source }.into()
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
        move |source| FileError::Write { path: path.into(), source }.into()
    }

    pub(crate) fn scratch(source: std::io::Error) -> Error {
        FileError::Scratch { source }.into()
    }
}
