//! Tapes that have a record, encoded again: a new video and thumbnail in place of the old, everything else as it was.
//!
//! It is a sync whose plan holds nothing else. Which preset a video was made with is remembered in MongoDB together
//! with the video's hash, so that a video that came from elsewhere since is never taken for one of that preset.
//!
//! Old and new are measured. The old one is only if MongoDB remembers that it was made here: whoever can log in to an
//! account can put anything in its place, and libav decodes no stranger's file.

mod sample;
mod steps;
mod strategy;

pub use sample::Sample;
pub use strategy::{Reencoding, dry_run, live, plan};
