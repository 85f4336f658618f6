//! Reports on a sync, for people and programs.

mod account;
mod total;

pub use account::{AccountReport, Postponed};
pub use total::{Cause, Report};
