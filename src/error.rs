//! What can go wrong, in the words of the person who has to mend it.
//!
//! A text names the thing first, then what is wrong with it, then the limit or the remedy. The cause, where there is
//! one, is in the [source](std::error::Error::source) and not repeated in the text.

mod chain;
mod class;
mod flaw;

use std::path::PathBuf;

pub use class::Class;

/// The result of everything in this library that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A cause of a kind that callers need not tell apart.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A failure, one variant for each thing a person would do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
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
    #[error("cannot write temporary files; set TMPDIR to a folder with room for them")]
    Scratch {
        /// What the system said.
        source: std::io::Error,
    },
    /// The output is there already.
    #[error("{} exists; replace it with --force", path.display())]
    Exists {
        /// The file that would be replaced.
        path: PathBuf,
    },
    /// The file is not a ZIP, or a damaged one.
    #[error("not a readable ZIP archive")]
    Archive {
        /// What the ZIP reader said.
        source: Cause,
    },
    /// The ZIP is well-formed but built to mislead: overlapping entries, names twice.
    #[error("archive {what}; a recorder never writes that")]
    Crafted {
        /// What is odd about it.
        what: &'static str,
    },
    /// One entry of the archive could not be unpacked.
    #[error("{name} {what}")]
    Entry {
        /// The entry.
        name: String,
        /// What is wrong with it.
        what: String,
    },
    /// One entry of the archive is damaged.
    #[error("{name} cannot be unpacked")]
    Unpack {
        /// The entry.
        name: String,
        /// What the ZIP reader said.
        source: Cause,
    },
    /// A frame could not be decoded.
    #[error("{name} is not a readable picture")]
    Picture {
        /// The entry or file.
        name: String,
        /// What the decoder said.
        source: Cause,
    },
    /// There is nothing to show.
    #[error("tape holds no frames; expected frame-00000.png and so on at the top of the archive")]
    NoFrames,
    /// There are frames, and none of them can be shown.
    #[error("none of the {frames} frames can be decoded")]
    NoPicture {
        /// How many there are.
        frames: usize,
        /// What is wrong with the first.
        source: Cause,
    },
    /// Something is odd about a tape that must not have anything odd about it.
    #[error("tape has {}; strict allows none", if *.warnings == 1 { "a warning".into() } else { format!("{warnings} warnings") })]
    Strict {
        /// How many there are.
        warnings: usize,
        /// The first, whose source is the next.
        source: Cause,
    },
    /// A number is over its limit.
    #[error("{what} {value}; the limit is {limit}{}", flag.map(|flag| format!(" ({flag})")).unwrap_or_default())]
    Limit {
        /// The thing, with its verb: "tape holds".
        what: String,
        /// How much of it there is, with the unit.
        value: String,
        /// How much is allowed, with the unit.
        limit: String,
        /// The flag that raises the limit, if one does.
        flag: Option<&'static str>,
    },
    /// `timing.json` is not JSON.
    #[error("timing.json is not readable JSON")]
    Timing {
        /// What the parser said.
        source: Cause,
    },
    /// `timing.json` is JSON of another shape.
    #[error("timing.json holds {found}; expected an array of frames or an object with one")]
    TimingShape {
        /// What it is instead.
        found: &'static str,
    },
    /// The soundtrack cannot be used.
    #[error("{name} {what}")]
    Soundtrack {
        /// The entry.
        name: String,
        /// What is wrong with it.
        what: String,
    },
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
        /// What it was asked to do.
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
    Video {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A setting is needed and has no value.
    #[error("{name} is not set; put it into the environment or the config file")]
    Unset {
        /// Its name.
        name: &'static str,
    },
    /// A setting has a value that cannot be meant.
    #[error("{name} {what}")]
    Setting {
        /// Its name.
        name: &'static str,
        /// What is wrong with its value.
        what: String,
    },
    /// The config file is not TOML, or sets what does not exist.
    #[error("{} is not a config file", path.display())]
    ConfigFile {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        source: Cause,
    },
    /// What should be a backup is none.
    #[error("{} is not a backup", path.display())]
    Backup {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        source: Cause,
    },
    /// `MongoDB` failed to do its part.
    #[error("mongodb failed to {doing}")]
    Database {
        /// What it was asked to do.
        doing: String,
        /// Whether it may succeed later: a lost connection, an election.
        is_transient: bool,
        /// What it said.
        source: Cause,
    },
    /// A document cannot be made sense of.
    #[error("{subject} {what}")]
    Document {
        /// Which one: `tape 9Yo`.
        subject: String,
        /// What is wrong with it.
        what: String,
    },
    /// A file in Spaces, or elsewhere on the web, is not for us.
    #[error("{url} is not readable; make it public, or set ART_SPACES_KEY and ART_SPACES_SECRET to keys that may")]
    NotReadable {
        /// The file.
        url: String,
    },
    /// A file cannot be taken from where it is said to be.
    #[error("{url} {what}")]
    Address {
        /// The file.
        url: String,
        /// Why not.
        what: String,
    },
    /// An item names a bucket that is none of the three.
    #[error("bucket {bucket:?} is none of the site's")]
    Bucket {
        /// What it names.
        bucket: String,
    },
    /// What an item is called cannot be part of an object's key: it is empty somewhere, leads up, or holds control
    /// characters.
    #[error("slug or code cannot name a file")]
    Key,
    /// A file is in none of the places where it may be.
    #[error("file is not in Spaces")]
    NotFound {
        /// Where it was looked for.
        source: Cause,
    },
    /// A file is stored in a form that only those who know the encoding can read.
    #[error("{url} has the content encoding {encoding}, which cannot be undone")]
    Encoding {
        /// The file.
        url: String,
        /// The encoding.
        encoding: String,
        /// Why it cannot.
        source: Cause,
    },
    /// A file could not be fetched, though it may be later.
    #[error("{url} could not be downloaded in {attempts} attempts")]
    Download {
        /// The file.
        url: String,
        /// How often that was tried.
        attempts: u32,
        /// What went wrong last.
        source: Cause,
    },
    /// A server understood a request and declined it.
    #[error("{call} was refused with {status} {name}: {message}")]
    Refused {
        /// The method: `com.atproto.repo.applyWrites`.
        call: &'static str,
        /// The HTTP status.
        status: u16,
        /// The name the server has for this error: `InvalidRequest`.
        name: String,
        /// What it said.
        message: String,
    },
    /// A request, or a blob, is longer than the server takes.
    #[error("{call} sent {size} bytes; the server takes only fewer")]
    TooLarge {
        /// The method.
        call: &'static str,
        /// The length that was refused.
        size: u64,
    },
    /// The server takes an account's name and password for another's.
    #[error("{account} logs in to {found} instead of {expected}")]
    Identity {
        /// What the account is called.
        account: String,
        /// Its repo.
        expected: String,
        /// The repo that its session may write to.
        found: String,
    },
    /// The server has the repo and holds it back: `deactivated on the PDS`.
    #[error("account is {status}")]
    Away {
        /// How it is.
        status: &'static str,
    },
    /// Somebody else has written to the repo, or the record, meanwhile: read it again.
    #[error("{call} found that the repo has changed meanwhile")]
    InvalidSwap {
        /// The method.
        call: &'static str,
    },
    /// Somebody else keeps writing to the repo, or the server keeps failing.
    #[error("account was disturbed {rounds} times without coming on; run again when nobody else writes to it")]
    Disturbed {
        /// How often it was planned.
        rounds: u32,
    },
    /// A server could not be asked, or could not answer; nothing has happened.
    #[error("{call} got no answer in {attempts} attempts")]
    Unavailable {
        /// The method.
        call: &'static str,
        /// How often it was tried.
        attempts: u32,
        /// What went wrong last.
        source: Cause,
    },
    /// The server limits its rate for longer than anybody has patience for; nothing has happened.
    #[error("{what} are limited until {}", until.strftime("%Y-%m-%d %H:%M UTC"))]
    Postponed {
        /// What is limited, in a word: `logins`.
        what: &'static str,
        /// Until when.
        until: jiff::Timestamp,
    },
    /// The server has stored something else than was sent.
    #[error("record was stored as {is}, not as {sent} that was sent")]
    Altered {
        /// The hash of what it says that it has stored, or `nothing`.
        is: String,
        /// The hash of what was sent.
        sent: String,
    },
    /// A write went out and no answer came back: it may have happened or not. Read before writing again.
    #[error("{call} may have happened or not; read back before repeating it")]
    Uncertain {
        /// The method.
        call: &'static str,
        /// What came instead of an answer.
        source: Cause,
    },
    /// A server's answer is not what the protocol says.
    #[error("{call} answered what cannot be understood")]
    Answer {
        /// The method.
        call: &'static str,
        /// What is wrong with it.
        source: Cause,
    },
    /// Our own code gave up: a fault in it that this input brings out.
    #[error("telecine has a fault that this brings out")]
    Panicked {
        /// What it said.
        source: Cause,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}
