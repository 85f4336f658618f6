//! Carries out the plan of one account in batches, and again if the repo has changed.

mod apply;
mod batch;
mod delete;
mod item;
mod prepare;
mod retry;
mod run;
mod withdraw;
mod write_back;
mod writer;

pub use apply::apply;
pub use batch::{Batch, Change};
pub use delete::delete;
pub use item::{publish, publish_made};
pub use retry::{Interruption, Rounds};
pub use withdraw::{Withdrawal, withdraw};
pub use writer::{Outcome, Writer, lacks_blob};
