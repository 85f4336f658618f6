//! What would help against a failure, independent of the program that reports it.

use super::{ConfigError, Error, FileError, RemoteError, SyncError};

/// A limit that can be raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bound {
    /// Frames of a tape.
    Frames,
    /// Pixels of a frame.
    Pixels,
    /// Bytes of an archive, packed or not.
    Bytes,
    /// Length of pictures and of sound.
    Duration,
}

/// What would help against a failure. Each program puts it in its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Advice {
    /// Raise this limit.
    Raise(Bound),
    /// Give temporary files more space.
    MakeRoom,
    /// Allow the existing file to be overwritten.
    Replace,
    /// Set the missing setting.
    Set,
    /// Install certificates.
    InstallCertificates,
    /// Grant access to the file.
    LetRead,
    /// Try again when no other program writes to the account.
    TryAlone,
    /// Check the state before a retry.
    ReadBack,
    /// Proceed without the missing files.
    DoWithout,
}

impl Error {
    /// What would help, if there is something that the text does not say.
    #[must_use]
    pub fn advice(&self) -> Option<Advice> {
        match self {
            Error::Limit { bound, .. } => bound.map(Advice::Raise),
            Error::File(FileError::Scratch { .. }) => Some(Advice::MakeRoom),
            Error::File(FileError::Exists { .. }) => Some(Advice::Replace),
            Error::Config(ConfigError::Unset { .. }) => Some(Advice::Set),
            Error::Config(ConfigError::Https { .. }) => Some(Advice::InstallCertificates),
            Error::Remote(RemoteError::NotReadable { .. }) => Some(Advice::LetRead),
            Error::Remote(RemoteError::Uncertain { .. }) => Some(Advice::ReadBack),
            Error::Sync(SyncError::Disturbed { .. }) => Some(Advice::TryAlone),
            Error::Sync(SyncError::Lost { .. }) => Some(Advice::DoWithout),
            _ => None,
        }
    }
}
