//! The records of a backup in a repo again, under the keys that they had.
//!
//! What an item has become since stays: one that has another record by now gets no second, and one that was taken back
//! does not come back.

mod plan;
mod report;
mod run;

pub use report::{RestoreReport, Restored};
pub use run::{plan_restore, restore};
