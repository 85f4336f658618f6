//! A look at a video that a stranger has posted, before anything is paid for it: boxes, brand, codecs. In Rust alone;
//! libav never sees it.
//!
//! What is published is an MP4 that plays everywhere: pictures in H.264, sound in AAC if there is any. `QuickTime`, M4V and
//! 3GP may hold the same in boxes that differ little; they get an MP4's (see `rewrite`), because a PDS tells the type of
//! a blob by its brand and would call it by another. All else is refused with what it is.

mod accept;
mod atoms;
mod rewrite;
mod samples;
mod sniff;
mod tracks;

pub use accept::{Accepted, accept};
