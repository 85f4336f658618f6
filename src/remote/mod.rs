//! Clients of the external services: one folder each, independent of each other. Asynchronous.
//!
//! * [`mongo`] — users and items, the system of record.
//! * [`spaces`] — the files of items.
//! * [`pds`] — the public mirror.
//! * [`dns`] — the authority for lexicons.
//!
//! They wait if a server limits its rate or sends `Retry-After` ([`Waits`]).
//!
//! Each retries operations that are safe to repeat, up to [`ATTEMPTS`] times;
//! [`Error::disposition`](crate::Error::disposition) tells how to proceed after the remaining failures.

mod backoff;
pub mod dns;
mod https;
pub mod mongo;
pub mod pds;
mod retry_after;
pub mod spaces;
mod waits;

pub use backoff::ATTEMPTS;
pub use https::{built, http_client};
pub use mongo::Mongo;
pub use pds::Pds;
#[cfg(feature = "service")]
pub use retry_after::retry_after;
pub use waits::{Current as CurrentWaits, PATIENCE, Wait, Waited, Waits, Want};
