//! What can go wrong, floor by floor: whose fault it is, what to do about it, and what would help.
//!
//! A text names the thing first, then what is wrong with it, then the limit. The cause, where there is one, is in the
//! [source](std::error::Error::source) and not repeated in the text. What a user can do is [`Advice`], for which programs
//! have their own words.

mod advice;
mod chain;
mod code;
mod config;
mod disposition;
mod file;
mod flaw;
mod remote;
mod serve;
mod sync;
mod tape;
mod video;

pub use advice::{Advice, Bound};
pub use code::CODES;
pub use config::ConfigError;
pub use disposition::{Disposition, Fault};
pub use file::FileError;
pub use remote::{AddressProblem, RemoteError};
pub use serve::ServeError;
pub use sync::SyncError;
pub use tape::TapeError;
pub use video::VideoError;

/// The result of everything in this library that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A cause of a kind that callers need not tell apart.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A failure, by the floor that it comes from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What is wrong with a tape.
    #[error(transparent)]
    Tape(#[from] TapeError),
    /// What goes wrong with videos.
    #[error(transparent)]
    Video(#[from] VideoError),
    /// What is wrong with the settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// What goes wrong with servers.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// What keeps both sides from being brought in step.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// What keeps the service from telling others.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// What the machine does not let us do with its files.
    #[error(transparent)]
    File(#[from] FileError),
    /// A number is over its limit.
    #[error("{what} {value}; the limit is {limit}")]
    Limit {
        /// The thing, with its verb: "tape holds".
        what: String,
        /// How much of it there is, with the unit.
        value: String,
        /// How much is allowed, with the unit.
        limit: String,
        /// Which of the limits that can be raised, if it is one of them.
        bound: Option<Bound>,
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
