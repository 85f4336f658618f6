//! The PDS, the public mirror: accounts' repos with their records and blobs.
//!
//! [`Pds`] is one server. Public data is read without a session; writes need a [`Session`], one per account. Requests
//! wait as the server's rate limits require ([`Pace`]). Reads, uploads of blobs and logins are retried when they fail;
//! writes are not, because they may have happened: then the error is
//! [`LookFirst`](crate::error::Disposition::LookFirst).
//!
//! The types of the protocol are atrium's. The HTTP client under them is ours, because atrium's drops the rate-limit
//! headers, sends blobs without their type, and treats every failed refresh as the end of a session.

mod accounts;
mod blobs;
mod car;
mod client;
mod exchange;
mod health;
mod ipld;
mod pace;
mod receive;
mod records;
mod repo;
mod server;
mod session;
mod sessions;
mod syntax;
mod tree;
mod writes;
mod xrpc;

pub use accounts::RepoStatus;
pub use blobs::{Body, MOST_BLOB};
pub use client::Pds;
pub use health::Health;
pub use pace::{Limit, Pace, Scope};
pub use records::{Existing, Swap};
pub use repo::{Head, Snapshot};
pub use server::{Description, Server};
pub use session::Session;
pub use sessions::{Sessions, Turn};
pub use writes::{Applied, MOST_WRITES, Write, Written};
