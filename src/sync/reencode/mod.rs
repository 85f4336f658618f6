//! Re-encodes published tapes: new video and thumbnail, everything else unchanged.
//!
//! This is a sync whose plan contains nothing else. MongoDB stores a video's preset together with the video's hash, so
//! that a video from elsewhere is never taken for one of that preset.
//!
//! Old and new videos are measured. The old one is measured only if MongoDB shows that Telecine made it: the owner of
//! an account can replace it with any file, and libav must not decode untrusted files.

mod sample;
mod steps;
mod strategy;

pub use sample::Sample;
pub use strategy::{Reencoding, dry_run, live, plan};
