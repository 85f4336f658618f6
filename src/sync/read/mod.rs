//! Reads both sides of an account or item, and makes plans with guards.

mod account;
mod guard;
mod item;
mod origin;

pub use account::{count, read};
pub use item::read_item;
