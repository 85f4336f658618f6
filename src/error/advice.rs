//! What would help against a failure, without a word on how the user of some program says so.

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

/// What would help against a failure. Programs have their own words for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Advice {
    /// To raise that limit.
    Raise(Bound),
    /// To give temporary files more room.
    MakeRoom,
    /// To allow that what is there is replaced.
    Replace,
    /// To set what is not set.
    Set,
    /// To let us read the file.
    LetRead,
    /// To try again when nobody else writes to the account.
    TryAlone,
    /// To look before doing it again.
    ReadBack,
    /// To do without the files that are lost.
    DoWithout,
}

impl Error {
    /// What would help, where something does that the text does not say.
    #[must_use]
    pub fn advice(&self) -> Option<Advice> {
        match self {
            Error::Limit { bound, .. } => bound.map(Advice::Raise),
            Error::File(FileError::Scratch { .. }) => Some(Advice::MakeRoom),
            Error::File(FileError::Exists { .. }) => Some(Advice::Replace),
            Error::Config(ConfigError::Unset { .. }) => Some(Advice::Set),
            Error::Remote(RemoteError::NotReadable { .. }) => Some(Advice::LetRead),
            Error::Remote(RemoteError::Uncertain { .. }) => Some(Advice::ReadBack),
            Error::Sync(SyncError::Disturbed { .. }) => Some(Advice::TryAlone),
            Error::Sync(SyncError::Lost { .. }) => Some(Advice::DoWithout),
            _ => None,
        }
    }
}
