//! The PDS, the public mirror: accounts' repos with their records and blobs.
//!
//! [`Pds`] is one server. What is public is read without, what is written needs a [`Session`], one for each account.
//! Requests wait as the server's rate limits say ([`Pace`]). Reading, uploading blobs and logging in are repeated when
//! they fail; writing is not, for nobody knows whether it has happened: then the error is
//! [`LookFirst`](crate::error::Disposition::LookFirst).
//!
//! The types of the protocol are atrium's. The HTTP client under them is ours, for atrium's drops the headers that tell
//! the rate limits, sends blobs without their type, and takes every failed refresh for the end of a session.

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
