//! Both sides of an account, and what must not be taken out of its plan.

mod account;
mod guard;
mod item;
mod origin;

pub use account::{count, read};
pub use item::read_item;
