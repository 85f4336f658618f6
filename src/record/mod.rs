//! Five media to records that have passed their lexicon. Pure: no network, no database, no clock.
//!
//! An [`Item`] is what MongoDB has of one thing somebody made; [`Files`] are what lies beside it, found or made
//! elsewhere. [`build()`] makes a [`Record`] of both, and nothing else does; [`assign`] says where the records go.

mod blob;
mod build;
mod files;
mod item;
mod lexicon;
mod tid;

pub use blob::BlobRef;
pub use build::{Record, build};
pub use files::{Files, identity};
pub use item::{Content, Id, Item, Medium, StoredKeys, StoredVideo, TapeForm};
pub use lexicon::{Breaks, Change, Lexicon, Schema, Violation, Violations};
pub use tid::{Tid, assign, candidates};
