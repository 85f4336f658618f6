//! Destinations of results: a file that appears complete or not at all, or standard output.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, FileError, Result};

/// Where a result goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// `-`
    Stdout,
    /// A file.
    File(PathBuf),
}

impl From<PathBuf> for Destination {
    fn from(path: PathBuf) -> Self {
        if path.as_os_str() == "-" { Destination::Stdout } else { Destination::File(path) }
    }
}

/// A file being written; it is removed if this is dropped before [`Draft::publish`].
pub enum Draft {
    /// Renamed into place.
    Beside { temporary: NamedTempFile, path: PathBuf, replace: bool },
    /// Copied at the end to something that cannot be replaced by a rename: standard output, a device, a pipe.
    Copied { temporary: File, path: Option<PathBuf> },
}

impl Destination {
    /// Checks that this is no directory and, unless `replace`, no existing file.
    pub fn check(&self, replace: bool) -> Result<()> {
        match self {
            Destination::File(path) if path.is_dir() => Err(Error::write(path)(io::ErrorKind::IsADirectory.into())),
            Destination::File(path) if !replace && path.symlink_metadata().is_ok_and(|found| found.is_file()) => {
                Err(Error::File(FileError::Exists { path: path.clone() }))
            }
            _ => Ok(()),
        }
    }

    /// Whether this is a device or a pipe, which can have no other files beside it.
    pub fn is_special(&self) -> bool {
        match self {
            Destination::Stdout => true,
            Destination::File(path) => path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir()),
        }
    }

    /// The regular file that this is or will be.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Destination::File(path) if !self.is_special() => Some(path),
            _ => None,
        }
    }

    /// Starts writing.
    pub fn draft(&self, replace: bool) -> Result<Draft> {
        self.check(replace)?;
        let Destination::File(path) = self else { return copied(None) };
        if self.is_special() {
            return copied(Some(path.clone()));
        }
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        // Not private like other temporary files: the user's umask decides.
        let create = |path: &Path| File::options().read(true).write(true).create_new(true).open(path);
        let temporary =
            tempfile::Builder::new().prefix(".telecine-").make_in(directory, create).map_err(Error::write(path))?;
        Ok(Draft::Beside { temporary, path: path.clone(), replace })
    }
}

fn copied(path: Option<PathBuf>) -> Result<Draft> {
    let temporary = tempfile::tempfile().map_err(|source| Error::File(FileError::Scratch { source }))?;
    Ok(Draft::Copied { temporary, path })
}

impl Draft {
    /// The file to write to.
    pub fn file(&mut self) -> &mut File {
        match self {
            Draft::Beside { temporary, .. } => temporary.as_file_mut(),
            Draft::Copied { temporary, .. } => temporary,
        }
    }

    /// Where this will be, for messages about it.
    pub fn path(&self) -> &Path {
        match self {
            Draft::Beside { path, .. } => path,
            Draft::Copied { path, .. } => path.as_deref().unwrap_or(Path::new("standard output")),
        }
    }

    /// Moves the file to its destination.
    pub fn publish(self) -> Result<()> {
        match self {
            Draft::Beside { temporary, path, replace: true } => {
                temporary.persist(&path).map_err(|error| Error::write(&path)(error.error))?;
            }
            Draft::Beside { temporary, path, replace: false } => {
                temporary.persist_noclobber(&path).map_err(|error| match error.error.kind() {
                    io::ErrorKind::AlreadyExists => Error::File(FileError::Exists { path: path.clone() }),
                    _ => Error::write(&path)(error.error),
                })?;
            }
            Draft::Copied { mut temporary, path: Some(path) } => {
                let mut copy = || {
                    temporary.rewind()?;
                    io::copy(&mut temporary, &mut File::options().write(true).open(&path)?)
                };
                copy().map_err(Error::write(&path))?;
            }
            Draft::Copied { mut temporary, path: None } => {
                let mut copy = || {
                    temporary.rewind()?;
                    let mut stdout = io::stdout().lock();
                    io::copy(&mut temporary, &mut stdout)?;
                    stdout.flush()
                };
                copy().map_err(Error::write(Path::new("standard output")))?;
            }
        }
        Ok(())
    }
}

/// Whether two paths lead to the same existing file.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

/// Writes a small file completely, ready to publish.
pub fn drafted(path: &Path, bytes: &[u8], replace: bool) -> Result<Draft> {
    let mut draft = Destination::from(path.to_path_buf()).draft(replace)?;
    draft.file().write_all(bytes).map_err(Error::write(path))?;
    Ok(draft)
}
