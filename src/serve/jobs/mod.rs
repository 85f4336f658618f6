//! Jobs: the work, its states, and the consequences of the end of an attempt. Pure.

mod job;
mod planned;
mod policy;
mod work;

pub use job::{Attempt, Baked, Due, Failure, Job, Outcome, Stage, State};
pub use planned::{Later, Planned};
pub use policy::{End, MOST_DEATHS, Next, Patience};
pub use work::{Bake, BakeEnd, Callback, Kind, Subject, Webhook, Work, identity, is_code};
