//! Sources of tapes: a file or standard input.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::tape::{Limits, Tape};

/// A tape as named on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TapeSource {
    /// `-`
    Stdin,
    /// A file.
    File(PathBuf),
}

impl FromStr for TapeSource {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        Ok(if text == "-" { TapeSource::Stdin } else { TapeSource::File(text.into()) })
    }
}

impl fmt::Display for TapeSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TapeSource::Stdin => formatter.write_str("standard input"),
            TapeSource::File(path) => path.display().fmt(formatter),
        }
    }
}

impl TapeSource {
    /// Opens the tape. A source that cannot seek, such as a pipe, is copied to an unnamed file first.
    pub fn open(&self, limits: &Limits) -> Result<Tape> {
        let file = match self {
            TapeSource::Stdin => spool(io::stdin().lock(), limits).map_err(Error::read(Path::new("standard input")))?,
            TapeSource::File(path) => {
                let file = File::open(path).map_err(Error::read(path))?;
                let metadata = file.metadata().map_err(Error::read(path))?;
                if metadata.is_file() { file } else { spool(file, limits).map_err(Error::read(path))? }
            }
        };
        Tape::open(file, limits)
    }
}

/// Copies a stream, and at most one byte beyond the limit, so that an excess is noticed.
fn spool(from: impl Read, limits: &Limits) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut from.take(limits.bytes.saturating_add(1)), &mut file)?;
    file.rewind()?;
    Ok(file)
}
