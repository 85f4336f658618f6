//! Names of failures that do not change: what a service stores, counts and filters by, while texts get better.

use super::{AddressProblem, ConfigError, Error, FileError, RemoteError, ServeError, SyncError, TapeError, VideoError};

/// Every code there is, and what it stands for. The word before the dot says where to look.
pub const CODES: [(&str, &str); 83] = [
    ("backup.incomplete", "files that are to be saved are not on the server any more"),
    ("backup.unreadable", "what should be a backup is none"),
    ("config.file", "the config file is not TOML, or sets what does not exist"),
    ("config.setting", "a setting has a value that cannot be meant"),
    ("config.unset", "a setting that is needed has no value"),
    ("disk.exists", "the output is there already"),
    ("disk.output", "the video could not be written where it was wanted"),
    ("disk.read", "a file could not be read"),
    ("disk.scratch", "a temporary file could not be written"),
    ("disk.write", "a file could not be written"),
    ("fetch.absent", "no file is at the address"),
    ("fetch.declined", "the server of the files declines the address"),
    ("fetch.encoding", "the file is stored in an encoding that cannot be undone"),
    ("fetch.malformed-address", "the address is none"),
    ("fetch.missing", "the file is in none of the places where it may be"),
    ("fetch.not-readable", "the file is not for us to read"),
    ("fetch.not-stored", "the file could not be stored, though it may be later"),
    ("fetch.refused-address", "the address leads elsewhere than to the site's buckets"),
    ("fetch.refused-bucket", "an item names a bucket that is none of the site's"),
    ("fetch.refused-key", "a slug or code cannot name a file"),
    ("fetch.throttled", "the server of the files limits its rate"),
    ("fetch.unavailable", "the file could not be fetched, though it may be later"),
    ("fetch.unsigned", "the keys make no signature for the address"),
    ("input.too-large", "something is larger than its limit"),
    ("input.too-slow", "a picture takes too long to be reduced"),
    ("mongodb.empty-collection", "a medium has no items at all, which is more likely a mistake than anybody's wish"),
    ("mongodb.failed", "the database declines, or fails for good"),
    ("mongodb.missing", "what was asked for is not in the database"),
    ("mongodb.no-member", "the owner of items is nobody who could have an account"),
    ("mongodb.no-primary", "the database server that misses an item may be behind"),
    ("mongodb.other-account", "somebody else gave the owner another account meanwhile"),
    ("mongodb.unavailable", "the database cannot be reached now"),
    ("mongodb.unknown-handle", "a handle of the site is nobody's"),
    ("mongodb.unusable-item", "a document cannot be made an item of"),
    ("pds.account-exists", "somebody else made an account for the owner meanwhile"),
    ("pds.account-inactive", "the account is deactivated or taken down"),
    ("pds.altered", "the server has stored something else than was sent"),
    ("pds.changed-meanwhile", "the repo has changed meanwhile"),
    ("pds.disturbed", "others keep writing to the repo"),
    ("pds.invalid-response", "an answer is not what the protocol says"),
    ("pds.locked-account", "the account cannot be written to before a person has mended something"),
    ("pds.malformed", "a text is not of the form that the protocol has for it"),
    ("pds.no-domain", "the server gives out no handles"),
    ("pds.no-handle", "no handle can be had for the owner"),
    ("pds.no-repo", "the account has no repo on the server"),
    ("pds.other-account", "the server takes an account's password for another's"),
    ("pds.refused", "the server understood a request and declined it"),
    ("pds.throttled", "the server limits its rate for longer than there is patience"),
    ("pds.too-large", "a request or a blob is longer than the server takes"),
    ("pds.too-many-withdrawn", "more records of an account would go within a day than may"),
    ("pds.unavailable", "the server cannot be reached, or cannot answer"),
    ("pds.uncertain", "a write may have happened or not"),
    ("pds.unsendable", "a record cannot be put into a request"),
    ("queue.unavailable", "the NATS server cannot be reached, or refuses"),
    ("receiver.declined", "the receiver did not take what it was sent"),
    ("receiver.no-response", "the receiver could not be reached, or its response did not come"),
    ("receiver.refused-address", "the address is not one that anything may be sent to"),
    ("record.invalid", "the item makes no record that its lexicon takes"),
    ("serve.cannot-listen", "the service cannot listen where it is to"),
    ("tape.damaged", "the file is not a ZIP, or a damaged one"),
    ("tape.damaged-entry", "an entry of the archive is damaged"),
    ("tape.damaged-frame", "a frame is not a readable picture"),
    ("tape.encrypted", "an entry cannot be read without a password"),
    ("tape.false-length", "an entry lies about its length"),
    ("tape.flawed", "something is odd about a tape that must not have anything odd about it"),
    ("tape.no-frames", "there is nothing to show"),
    ("tape.no-picture", "there are frames, and none of them can be shown"),
    ("tape.overlapping-entries", "entries of the archive lie over each other"),
    ("tape.packed-otherwise", "an entry is packed in a way that no recorder uses"),
    ("tape.same-name", "two entries that count have one name"),
    ("tape.soundtrack", "the soundtrack cannot be used"),
    ("tape.timing", "timing.json is not JSON"),
    ("tape.timing-shape", "timing.json is JSON of another shape"),
    ("telecine.fault", "a fault of telecine's own, brought out by this input"),
    ("telecine.stopped", "somebody wanted to stop"),
    ("video.libav", "libav refused to do its part"),
    ("video.no-encoder", "libav was built without an encoder that a preset needs"),
    ("video.not-as-its-tape", "the finished video is not what it should be"),
    ("video.posted-unusable", "a video that somebody posted cannot be published"),
    ("video.preset", "a preset asks for what cannot be done"),
    ("video.preset-file", "a preset file does not say what it should"),
    ("video.unknown-preset", "a preset was asked for that nobody defined"),
    ("video.unusable", "a file has no usable video"),
];

impl Error {
    /// A name for what has happened that stays the same when the text changes: one of [`CODES`].
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
        TapeError::Archive { .. } => "tape.damaged",
        TapeError::Overlap => "tape.overlapping-entries",
        TapeError::SameName => "tape.same-name",
        TapeError::Encrypted { .. } => "tape.encrypted",
        TapeError::PackedBy { .. } => "tape.packed-otherwise",
        TapeError::Lies { .. } => "tape.false-length",
        TapeError::Unpack { .. } => "tape.damaged-entry",
        TapeError::Picture { .. } => "tape.damaged-frame",
        TapeError::NoFrames => "tape.no-frames",
        TapeError::NoPicture { .. } => "tape.no-picture",
        TapeError::Strict { .. } => "tape.flawed",
        TapeError::Timing { .. } => "tape.timing",
        TapeError::TimingShape { .. } => "tape.timing-shape",
        TapeError::Soundtrack { .. } => "tape.soundtrack",
    }
}

fn video(error: &VideoError) -> &'static str {
    match error {
        VideoError::UnknownPreset { .. } => "video.unknown-preset",
        VideoError::PresetFile { .. } => "video.preset-file",
        VideoError::Preset { .. } => "video.preset",
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
        RemoteError::Database { is_transient: true, .. } => "mongodb.unavailable",
        RemoteError::Database { is_transient: false, .. } => "mongodb.failed",
        RemoteError::Malformed { .. } => "pds.malformed",
        RemoteError::Unsendable { .. } => "pds.unsendable",
        RemoteError::UnusableItem { .. } => "mongodb.unusable-item",
        RemoteError::NoMember { .. } => "mongodb.no-member",
        RemoteError::OtherAccount { .. } => "mongodb.other-account",
        RemoteError::NotReadable { .. } => "fetch.not-readable",
        RemoteError::Address { problem, .. } => match problem {
            AddressProblem::Malformed => "fetch.malformed-address",
            AddressProblem::Foreign => "fetch.refused-address",
            AddressProblem::Absent => "fetch.absent",
            AddressProblem::Declined { .. } => "fetch.declined",
            AddressProblem::Unsigned => "fetch.unsigned",
        },
        RemoteError::Encoding { .. } => "fetch.encoding",
        RemoteError::Download { .. } => "fetch.unavailable",
        RemoteError::Upload { .. } => "fetch.not-stored",
        RemoteError::Refused { .. } => "pds.refused",
        RemoteError::Identity { .. } => "pds.other-account",
        RemoteError::TooLarge { .. } => "pds.too-large",
        RemoteError::Away { .. } => "pds.account-inactive",
        RemoteError::InvalidSwap { .. } => "pds.changed-meanwhile",
        RemoteError::Unavailable { .. } => "pds.unavailable",
        RemoteError::Postponed { what: "files", .. } => "fetch.throttled",
        RemoteError::Postponed { .. } => "pds.throttled",
        RemoteError::Altered { .. } => "pds.altered",
        RemoteError::Uncertain { .. } => "pds.uncertain",
        RemoteError::Answer { .. } => "pds.invalid-response",
    }
}

fn sync(error: &SyncError) -> &'static str {
    match error {
        SyncError::Bucket { .. } => "fetch.refused-bucket",
        SyncError::Key => "fetch.refused-key",
        SyncError::NotFound { .. } => "fetch.missing",
        SyncError::Backup { .. } => "backup.unreadable",
        SyncError::EmptyCollection { .. } => "mongodb.empty-collection",
        SyncError::NotPrimary => "mongodb.no-primary",
        SyncError::TooManyWithdrawn { .. } => "pds.too-many-withdrawn",
        SyncError::Disturbed { .. } => "pds.disturbed",
        SyncError::Lost { .. } => "backup.incomplete",
        SyncError::Missing { .. } => "mongodb.missing",
        SyncError::Locked { .. } => "pds.locked-account",
        SyncError::NoRepo { .. } => "pds.no-repo",
        SyncError::NoRecord { .. } => "record.invalid",
        SyncError::Slow { .. } => "input.too-slow",
        SyncError::UnknownHandle { .. } => "mongodb.unknown-handle",
        SyncError::NoDomain => "pds.no-domain",
        SyncError::NoHandle { .. } => "pds.no-handle",
        SyncError::AlreadyMade { .. } => "pds.account-exists",
    }
}

fn serve(error: &ServeError) -> &'static str {
    match error {
        ServeError::RefusedAddress { .. } => "receiver.refused-address",
        ServeError::Declined { .. } => "receiver.declined",
        ServeError::NoResponse { .. } => "receiver.no-response",
        ServeError::Listen { .. } => "serve.cannot-listen",
        ServeError::Queue { .. } => "queue.unavailable",
    }
}

fn file(error: &FileError) -> &'static str {
    match error {
        FileError::Read { .. } => "disk.read",
        FileError::Write { .. } => "disk.write",
        FileError::Output { .. } => "disk.output",
        FileError::Scratch { .. } => "disk.scratch",
        FileError::Exists { .. } => "disk.exists",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The codes of all failures, read from the source: there is no other list of a type's variants.
    fn given() -> Vec<&'static str> {
        let code = include_str!("code.rs").split("#[cfg(test)]").next().unwrap_or_default();
        code.lines().filter_map(|line| line.split_once("=> \"")?.1.strip_suffix("\",")).collect()
    }

    #[test]
    fn every_failure_has_a_code_of_its_own_and_every_code_is_explained() {
        let (given, explained) = (given(), CODES.map(|(code, _)| code));
        let distinct: BTreeSet<_> = given.iter().copied().collect();
        assert_eq!(distinct.len(), given.len(), "a code is given twice");
        assert_eq!(distinct, BTreeSet::from(explained), "given on the left, explained on the right");
        assert!(explained.is_sorted() && CODES.iter().all(|(_, meaning)| !meaning.is_empty()));
    }

    #[test]
    fn codes_are_a_word_a_dot_and_words_with_hyphens() {
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        for (code, _) in CODES {
            let (part, words) = code.split_once('.').unwrap_or_default();
            assert!(is_word(part) && words.split('-').all(is_word), "{code}");
        }
    }

    #[test]
    fn limits_of_files_and_of_the_pds_are_told_apart() {
        let limited = |what| Error::Remote(RemoteError::Postponed { what, until: jiff::Timestamp::UNIX_EPOCH }).code();
        assert_eq!(["files", "logins", "writes"].map(limited), ["fetch.throttled", "pds.throttled", "pds.throttled"]);
        let address = |problem| Error::Remote(RemoteError::Address { url: String::new(), problem }).code();
        assert_eq!(address(AddressProblem::Foreign), "fetch.refused-address");
    }
}
