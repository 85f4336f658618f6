//! Errors, floor by floor: whose fault each is, how to proceed, and what would help.
//!
//! A text names the thing first, then the problem, then the limit. The cause, if any, is the
//! [source](std::error::Error::source) and is not repeated in the text. Remedies are [`Advice`], which each program
//! puts in its own words.

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

/// The result of every fallible function of this library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A cause whose type does not matter to callers.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A failure, by the floor it comes from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A tape is invalid.
    #[error(transparent)]
    Tape(#[from] TapeError),
    /// A video, preset or libav failed.
    #[error(transparent)]
    Video(#[from] VideoError),
    /// A setting is invalid or missing.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A server failed or refused.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The two sides cannot be brought in step.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The service cannot listen or notify receivers.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A local file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A number exceeds its limit.
    #[error("{what} {value}; the limit is {limit}")]
    Limit {
        /// The thing, with its verb: "tape holds".
        what: String,
        /// How much of it there is, with the unit.
        value: String,
        /// How much is allowed, with the unit.
        limit: String,
        /// The limit that would have to be raised, if it can be.
        bound: Option<Bound>,
    },
    /// Our own code panicked: this input triggers a bug.
    #[error("this input triggers a bug in telecine")]
    Panicked {
        /// The message of the panic.
        source: Cause,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}
