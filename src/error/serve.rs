//! What keeps the service from telling others.

use super::{Cause, Disposition, Fault};

/// What keeps the service from telling others.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// An address is not one that anything may be sent to.
    #[error("{url} is not an address to send to: {reason}")]
    RefusedAddress {
        /// The address, without its query.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The receiver did not take what it was sent.
    #[error("{url} returned {status}")]
    Declined {
        /// The address, without what may be nobody else's business.
        url: String,
        /// The HTTP status.
        status: u16,
        /// Not to be asked again before this, if it has said so.
        after: Option<jiff::Timestamp>,
    },
    /// The receiver could not be reached, or its response did not come.
    #[error("{url} gave no response")]
    NoResponse {
        /// The address, without what may be nobody else's business.
        url: String,
        /// What went wrong.
        source: Cause,
    },
    /// The service cannot listen where it is to.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The queue of many machines did not do what it was asked to.
    #[error("NATS could not {doing}")]
    Queue {
        /// What it was to do: `open the stream`.
        doing: &'static str,
        /// What it said.
        source: Cause,
    },
}

impl ServeError {
    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            ServeError::RefusedAddress { .. } => Fault::Input,
            ServeError::Declined { .. } | ServeError::NoResponse { .. } | ServeError::Queue { .. } => Fault::Server,
            ServeError::Listen { .. } => Fault::Operator,
        }
    }

    /// What to do about it. A receiver is being deployed, or set up, as often as it is gone for good.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        match self {
            ServeError::RefusedAddress { .. } | ServeError::Listen { .. } => Disposition::Drop,
            ServeError::Declined { .. } | ServeError::NoResponse { .. } | ServeError::Queue { .. } => {
                Disposition::LookFirst
            }
        }
    }
}
