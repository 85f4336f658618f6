//! Restores the records of a backup to a repo, under their old keys.
//!
//! Later changes of items are respected: an item that has another record by now gets no second one, and a nuked one
//! does not come back.

mod plan;
mod report;
mod run;

pub use report::{RestoreReport, Restored};
pub use run::{plan_restore, restore};
