//! Checks an untrusted posted video before it is uploaded: boxes, brand, codecs. In Rust alone; libav never sees it.
//!
//! A published video is an MP4 that plays everywhere: pictures in H.264, and sound, if any, in AAC. `QuickTime`, M4V
//! and 3GP may contain the same in slightly different boxes; these are rewritten as an MP4 (see `rewrite`), because a
//! PDS derives the type of a blob from its brand. Everything else is refused with its type.

mod accept;
mod atoms;
mod rewrite;
mod samples;
mod sniff;
mod tracks;

pub use accept::{Accepted, accept};
