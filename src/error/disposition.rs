//! Whose fault a failure is, and what to do about it.

use super::Error;

/// Whose fault a failure is: who can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// What was given to us: a tape, a document, a file that somebody posted.
    Input,
    /// How things are set up: settings, accounts, disks.
    Operator,
    /// A server, or the way to it.
    Server,
    /// Ours, or that of a library.
    Ours,
    /// Nobody's: the user wants to stop.
    Nobody,
}

/// What to do about a failure. The engine, a queue and exit codes go by this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// Nothing has happened; trying again may help, then or later.
    Retry {
        /// Not before this, if that is known.
        after: Option<jiff::Timestamp>,
    },
    /// Trying again with the same input is pointless.
    Drop,
    /// It may have happened: look before trying again.
    LookFirst,
}

impl Disposition {
    /// Whether trying again may help, without a look before.
    #[must_use]
    pub fn is_retry(self) -> bool {
        matches!(self, Disposition::Retry { .. })
    }
}

impl Error {
    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Error::Tape(error) => error.fault(),
            Error::Video(error) => error.fault(),
            Error::Config(error) => error.fault(),
            Error::Remote(error) => error.fault(),
            Error::Sync(error) => error.fault(),
            Error::Serve(error) => error.fault(),
            Error::File(error) => error.fault(),
            Error::Limit { .. } => Fault::Input,
            Error::Panicked { .. } => Fault::Ours,
            Error::Interrupted => Fault::Nobody,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        match self {
            Error::Tape(error) => error.disposition(),
            Error::Video(error) => error.disposition(),
            Error::Config(error) => error.disposition(),
            Error::Remote(error) => error.disposition(),
            Error::Sync(error) => error.disposition(),
            Error::Serve(error) => error.disposition(),
            Error::File(error) => error.disposition(),
            Error::Limit { .. } | Error::Panicked { .. } => Disposition::Drop,
            Error::Interrupted => Disposition::Retry { after: None },
        }
    }
}
