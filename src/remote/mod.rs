//! The outside edge: one folder for each service, unaware of each other. Asynchronous.
//!
//! * [`mongo`] — what people made, the system of record.
//! * [`spaces`] — the files that belong to it.
//! * [`pds`] — its public mirror.
//! * [`dns`] — whose word counts.
//!
//! Where a server limits its rate, or asks to be left alone, they wait ([`Waits`]).
//!
//! Each repeats by itself what may safely be repeated, [`ATTEMPTS`] times; what is left is told by
//! [`Error::disposition`](crate::Error::disposition).

mod backoff;
pub mod dns;
mod https;
pub mod mongo;
pub mod pds;
mod retry_after;
pub mod spaces;
mod waits;

pub use backoff::ATTEMPTS;
pub use https::http_client;
pub use mongo::Mongo;
pub use pds::Pds;
#[cfg(feature = "service")]
pub use retry_after::retry_after;
pub use waits::{Current as CurrentWaits, PATIENCE, Wait, Waited, Waits, Want};
