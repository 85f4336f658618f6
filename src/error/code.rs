//! Failures by their kind, in words that stay the same: for programs, which count them and tell them apart.

use super::{ConfigError, Error, FileError, RemoteError, ServeError, SyncError, TapeError, VideoError};

impl Error {
    /// The kind of failure, as `floor.kind`: `tape.damaged`, `pds.throttled`. A text may be worded anew; a code is not.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Error::Tape(error) => tape(error),
            Error::Video(error) => video(error),
            Error::Config(error) => config(error),
            Error::Remote(error) => remote(error),
            Error::Sync(error) => sync(error),
            Error::Serve(error) => serve(error),
            Error::File(error) => file(error),
            Error::Limit { .. } => "input.too-large",
            Error::Panicked { .. } => "telecine.fault",
            Error::Interrupted => "telecine.stopped",
        }
    }
}

fn tape(error: &TapeError) -> &'static str {
    match error {
        TapeError::Archive { .. } | TapeError::Unpack { .. } => "tape.damaged",
        TapeError::Overlap | TapeError::SameName | TapeError::Lies { .. } => "tape.crafted",
        TapeError::Encrypted { .. } => "tape.encrypted",
        TapeError::PackedBy { .. } => "tape.packed-otherwise",
        TapeError::Picture { .. } | TapeError::NoPicture { .. } => "tape.no-picture",
        TapeError::NoFrames => "tape.no-frames",
        TapeError::Strict { .. } => "tape.flawed",
        TapeError::Timing { .. } | TapeError::TimingShape { .. } => "tape.timing",
        TapeError::Soundtrack { .. } => "tape.soundtrack",
    }
}

fn video(error: &VideoError) -> &'static str {
    match error {
        VideoError::UnknownPreset { .. } | VideoError::PresetFile { .. } | VideoError::Preset { .. } => "video.preset",
        VideoError::Libav { .. } => "video.libav",
        VideoError::NoEncoder { .. } => "video.no-encoder",
        VideoError::Verify { .. } => "video.not-as-its-tape",
        VideoError::Posted { .. } => "video.posted-unusable",
        VideoError::Unusable { .. } => "video.unusable",
    }
}

fn config(error: &ConfigError) -> &'static str {
    match error {
        ConfigError::Unset { .. } => "config.unset",
        ConfigError::Setting { .. } => "config.setting",
        ConfigError::ConfigFile { .. } => "config.file",
    }
}

fn remote(error: &RemoteError) -> &'static str {
    match error {
        RemoteError::Database { .. } => "mongodb.failed",
        RemoteError::UnusableItem { .. } => "mongodb.unusable-item",
        RemoteError::NoMember { .. } | RemoteError::OtherAccount { .. } => "mongodb.no-account",
        RemoteError::NotReadable { .. } => "file.not-readable",
        RemoteError::Address { .. } => "file.refused-address",
        RemoteError::Encoding { .. } => "file.encoding",
        RemoteError::Download { .. } => "file.unavailable",
        RemoteError::Upload { .. } => "file.not-stored",
        RemoteError::Postponed { .. } => "pds.throttled",
        RemoteError::Refused { .. } | RemoteError::Malformed { .. } | RemoteError::Unsendable { .. } => "pds.refused",
        RemoteError::Identity { .. } => "pds.other-account",
        RemoteError::TooLarge { .. } => "pds.too-large",
        RemoteError::Away { .. } => "pds.account-inactive",
        RemoteError::InvalidSwap { .. } => "pds.changed-meanwhile",
        RemoteError::Unavailable { .. } => "pds.unavailable",
        RemoteError::Altered { .. } => "pds.altered",
        RemoteError::Uncertain { .. } => "pds.uncertain",
        RemoteError::Answer { .. } => "pds.invalid-response",
    }
}

fn sync(error: &SyncError) -> &'static str {
    match error {
        SyncError::Bucket { .. } | SyncError::Key => "file.refused-address",
        SyncError::NotFound { .. } => "file.missing",
        SyncError::Missing { .. } | SyncError::UnknownHandle { .. } => "mongodb.missing",
        SyncError::Locked { .. } | SyncError::NoRepo { .. } => "pds.no-account",
        SyncError::Disturbed { .. } => "pds.changed-meanwhile",
        SyncError::NoRecord { .. } => "record.invalid",
        SyncError::Slow { .. } => "input.too-slow",
        SyncError::Backup { .. } | SyncError::Lost { .. } => "backup.incomplete",
        SyncError::NoDomain | SyncError::NoHandle { .. } | SyncError::AlreadyMade { .. } => "pds.handle",
    }
}

fn file(error: &FileError) -> &'static str {
    match error {
        FileError::Read { .. } => "disk.read",
        FileError::Write { .. } | FileError::Output { .. } | FileError::Scratch { .. } => "disk.write",
        FileError::Exists { .. } => "disk.exists",
    }
}

fn serve(error: &ServeError) -> &'static str {
    match error {
        ServeError::RefusedAddress { .. } => "callback.refused-address",
        ServeError::Declined { .. } => "callback.declined",
        ServeError::NoResponse { .. } => "callback.no-response",
        ServeError::Listen { .. } => "serve.cannot-listen",
    }
}
