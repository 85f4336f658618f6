//! Both sides of accounts, item by item. Nothing is changed.

mod account;
mod tally;

pub use account::{AccountComparison, Sample, compare};
pub use tally::{Finding, Tally, Verdict};
