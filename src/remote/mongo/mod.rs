//! `MongoDB`, the system of record: accounts, items, and the keys of their records.
//!
//! Documents are years old and were written by many tools; `document.rs` reads them. An invalid document is an
//! [`Unusable`] item, not a failure. Only the keys of records and the accounts of new members are written.

mod absence;
mod accounts;
mod changes;
mod client;
mod credentials;
mod document;
mod health;
mod items;
mod keys;
mod moment;
mod oplog;
mod text;
mod unnamed;
mod video;

pub use absence::Absence;
pub use accounts::{Account, Owner};
pub use changes::{Change, Changes, Next, ResumeToken, What};
pub use client::{Mongo, failed, insist};
pub use credentials::{Member, Pending};
pub use document::{Doubt, Unusable};
pub use health::{Health, MissingIndex};
pub use items::{Found, Inventory};
pub use keys::{Published, matched_by};
pub use unnamed::Unnamed;
pub use video::TapeVideo;
