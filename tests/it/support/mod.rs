//! Tapes made in code, the program run, MP4s read by somebody else.

pub mod command;
pub mod largest;
pub mod memory;
pub mod picture;
pub mod png;
pub mod probe;
pub mod tape;
pub mod wav;
pub mod zip;
