//! What the machine does not let us do with its files.

use std::path::{Path, PathBuf};

use super::{Disposition, Error, Fault};

/// What the machine does not let us do with its files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// A file could not be opened or read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file could not be created, written or moved into place.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The finished video could not be written where the caller wanted it.
    #[error("cannot write the video")]
    Output {
        /// What the system said.
        source: std::io::Error,
    },
    /// A video in the making had no place.
    #[error("cannot write temporary files")]
    Scratch {
        /// What the system said.
        source: std::io::Error,
    },
    /// The output is there already.
    #[error("{} exists", path.display())]
    Exists {
        /// The file that would be replaced.
        path: PathBuf,
    },
}

impl FileError {
    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        Fault::Operator
    }

    /// What to do about it: a full disk is not full for ever.
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
