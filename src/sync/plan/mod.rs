//! What has to be done so that a repo says what MongoDB says. Pure: made from both sides, and executed as it stands.
//!
//! Records and items belong together by the item's id, which a record has as `ref`, and old ones as `mongoId`; a
//! record that names nobody belongs to the item whose key it has.

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
