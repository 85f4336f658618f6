//! Compares both sides of accounts, item by item. Changes nothing.

mod account;
mod tally;

pub use account::{AccountComparison, Sample, compare};
pub use tally::{Finding, Tally, Verdict};
