//! Stable names of failures: a service stores, counts and filters by them, while error texts may change.

use super::{AddressProblem, ConfigError, Error, FileError, RemoteError, ServeError, SyncError, TapeError, VideoError};

/// All codes and their meanings. The word before the dot tells where to look.
pub const CODES: [(&str, &str); 84] = [
    ("backup.incomplete", "files to back up are no longer on the server"),
    ("backup.unreadable", "the backup cannot be read"),
    ("config.file", "the config file is not TOML, or contains an unknown setting"),
    ("config.https", "the system lacks what https needs, such as certificates"),
    ("config.setting", "a setting has an invalid value"),
    ("config.unset", "a required setting has no value"),
    ("disk.exists", "the output file exists already"),
    ("disk.output", "the video could not be written to its destination"),
    ("disk.read", "a file could not be read"),
    ("disk.scratch", "a temporary file could not be written"),
    ("disk.write", "a file could not be written"),
    ("fetch.absent", "no file exists at the address"),
    ("fetch.declined", "the file server refused the request"),
    ("fetch.encoding", "the file has a content encoding that cannot be decoded"),
    ("fetch.malformed-address", "the address of the file is not a valid URL"),
    ("fetch.missing", "the file is in none of its possible places"),
    ("fetch.not-readable", "access to the file is denied"),
    ("fetch.not-stored", "the file could not be uploaded; a retry may succeed"),
    ("fetch.refused-address", "the address is outside the site's buckets"),
    ("fetch.refused-bucket", "an item names a bucket that is not one of the site's"),
    ("fetch.refused-key", "a slug or code is not a valid file name"),
    ("fetch.throttled", "the file server limits its rate"),
    ("fetch.unavailable", "the file could not be downloaded; a retry may succeed"),
    ("fetch.unsigned", "the address cannot be signed with the configured keys"),
    ("input.too-large", "an input exceeds its limit"),
    ("input.too-slow", "a painting takes too long to scale down"),
    ("mongodb.empty-collection", "the collection is empty, which is probably a mistake"),
    ("mongodb.failed", "the database refused a request, or failed permanently"),
    ("mongodb.missing", "the requested item or account is not in the database"),
    ("mongodb.no-member", "the owner of an item is not a user who can have an account"),
    ("mongodb.no-primary", "the database server that lacks an item is not the primary, and may be behind"),
    ("mongodb.other-account", "another program gave the owner a different account meanwhile"),
    ("mongodb.unavailable", "the database cannot be reached"),
    ("mongodb.unknown-handle", "no user of the site has the handle"),
    ("mongodb.unusable-item", "a document is not a valid item"),
    ("pds.account-exists", "another program created an account for the owner meanwhile"),
    ("pds.account-inactive", "the account is deactivated or taken down"),
    ("pds.altered", "the server stored something other than what was sent"),
    ("pds.changed-meanwhile", "another program changed the repo meanwhile"),
    ("pds.disturbed", "other programs keep writing to the repo"),
    ("pds.invalid-response", "a response violates the protocol"),
    ("pds.locked-account", "the account cannot be written to until an operator fixes it"),
    ("pds.malformed", "a text does not have the syntax that the protocol requires"),
    ("pds.no-domain", "the server offers no domain for handles"),
    ("pds.no-handle", "no handle is available for the owner"),
    ("pds.no-repo", "the account has no repo on the server"),
    ("pds.other-account", "the credentials of an account log in to another account"),
    ("pds.refused", "the server refused a request"),
    ("pds.throttled", "the server limits its rate for longer than the patience allows"),
    ("pds.too-large", "a request or a blob exceeds the server's limit"),
    ("pds.too-many-withdrawn", "more records of an account would be deleted within a day than the limit allows"),
    ("pds.unavailable", "the server cannot be reached, or cannot respond"),
    ("pds.uncertain", "a write may or may not have happened"),
    ("pds.unsendable", "a record cannot be encoded in a request"),
    ("queue.unavailable", "the NATS server cannot be reached, or refuses"),
    ("receiver.declined", "the receiver refused the request"),
    ("receiver.no-response", "the receiver could not be reached, or sent no response"),
    ("receiver.refused-address", "the address of the receiver is not allowed"),
    ("record.invalid", "the record of the item violates its lexicon"),
    ("serve.cannot-listen", "the service cannot listen on its address"),
    ("tape.damaged", "the file is not a ZIP, or is damaged"),
    ("tape.damaged-entry", "an entry of the archive is damaged"),
    ("tape.damaged-frame", "a frame is not a readable picture"),
    ("tape.encrypted", "an entry is encrypted"),
    ("tape.false-length", "the length of an entry is not as declared"),
    ("tape.flawed", "a tape has warnings, and strict treats them as errors"),
    ("tape.no-frames", "the tape has no frames"),
    ("tape.no-picture", "none of the frames can be decoded"),
    ("tape.overlapping-entries", "entries of the archive overlap"),
    ("tape.packed-otherwise", "an entry is compressed with a method that no recorder uses"),
    ("tape.same-name", "two entries have the same name"),
    ("tape.soundtrack", "the soundtrack cannot be used"),
    ("tape.timing", "timing.json is not JSON"),
    ("tape.timing-shape", "timing.json has an unexpected structure"),
    ("telecine.fault", "the input triggers a bug in telecine"),
    ("telecine.stopped", "the work was interrupted"),
    ("video.libav", "libav failed"),
    ("video.no-encoder", "libav lacks an encoder that a preset needs"),
    ("video.not-as-its-tape", "the finished video differs from its tape"),
    ("video.posted-unusable", "a posted video cannot be published"),
    ("video.preset", "a preset has invalid settings"),
    ("video.preset-file", "a preset file is invalid"),
    ("video.unknown-preset", "a preset is unknown"),
    ("video.unusable", "a file has no usable video"),
];

impl Error {
    /// The stable name of this failure: one of [`CODES`].
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
        ConfigError::Https { .. } => "config.https",
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

    /// The codes of all failures, read from the source, because Rust has no list of a type's variants.
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
