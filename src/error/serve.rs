//! Errors of the service itself: addresses, receivers, sockets.

use super::{Cause, Disposition, Fault};

/// Errors of the service itself: addresses, receivers, sockets.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address of a receiver is not allowed.
    #[error("{url} is not an address to send to: {reason}")]
    RefusedAddress {
        /// The address, without its query.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The receiver refused the request.
    #[error("{url} returned {status}")]
    Declined {
        /// The address, without parts that may be secret.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The earliest time for a retry, if the receiver has named one.
        after: Option<jiff::Timestamp>,
    },
    /// The receiver could not be reached, or sent no response.
    #[error("{url} gave no response")]
    NoResponse {
        /// The address, without parts that may be secret.
        url: String,
        /// The cause.
        source: Cause,
    },
    /// The service cannot listen on its address.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// The queue of many machines did not do what it was asked to.
    #[error("NATS could not {doing}")]
    Queue {
        /// The operation that failed: `open the stream`.
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

    /// How to proceed. A receiver that fails may be gone for good, or may just be starting or being set up.
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
