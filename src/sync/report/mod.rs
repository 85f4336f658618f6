//! What a sync came to, for people and for machines.

mod account;
mod total;

pub use account::{AccountReport, Postponed};
pub use total::{Cause, Report};
