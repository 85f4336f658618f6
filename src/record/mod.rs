//! Five media to records that have passed their lexicon. Pure: no network, no database, no clock.
//!
//! An [`Item`] is what MongoDB has of one thing somebody made; [`Files`] are what lies beside it, found or made
//! elsewhere.

mod item;

pub use item::{BlobRef, Content, Files, Id, Item, Medium, StoredKeys, TapeForm};
