//! Plans that bring a repo in step with MongoDB. Pure: made from both sides, and carried out unchanged.
//!
//! A record belongs to the item with the id in `ref`, or `mongoId` in old records; a record without an id belongs to
//! the item that has its key.

mod account;
mod counts;
mod difference;
mod keys;
mod matching;
mod medium;
mod missing;
mod step;

pub use account::AccountPlan;
pub use counts::Counts;
pub use difference::Difference;
pub use medium::{MediumPlan, is_known, lacking_recordings};
pub use missing::MissingFiles;
pub use step::{Action, Step};
