//! Tapes made in code, runs of the program, and MP4s read by other programs.

pub mod command;
pub mod largest;
pub mod memory;
pub mod picture;
pub mod png;
pub mod probe;
pub mod tape;
pub mod wav;
pub mod zip;
