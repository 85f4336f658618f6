//! Whose fault a failure is, and how to proceed after it.

use super::Error;

/// Whose fault a failure is, which tells who can fix it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The input: a tape, a document, a posted file.
    Input,
    /// The set-up: settings, accounts, disks.
    Operator,
    /// A server, or the network.
    Server,
    /// Telecine's code, or a library.
    Ours,
    /// None: the user asked to stop.
    Nobody,
}

/// How to proceed after a failure. The engine, the queue and exit codes depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// Nothing has happened; a retry may succeed.
    Retry {
        /// The earliest time for the retry, if known.
        after: Option<jiff::Timestamp>,
    },
    /// A retry with the same input is pointless.
    Drop,
    /// It may have happened: check the state before a retry.
    LookFirst,
}

impl Disposition {
    /// Whether a retry may succeed without checking the state first.
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
