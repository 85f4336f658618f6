//! What Telecine does from outside: the program is run as people run it, and what it makes is read by others.
//!
//! One binary, so that it links once. `support` makes tapes in code, runs the program and reads MP4s with `ffprobe` and
//! `ffmpeg`; `stack` starts real servers, and makes them fail; every other module is about one promise.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod stack;
mod support;

mod browser;
mod cli;
mod codecs;
mod deterministic;
mod documents;
mod fixtures;
mod flaws;
mod forms;
mod gstreamer;
mod guards;
mod hostile;
mod layout;
mod man;
mod measure;
mod memory;
mod operate;
mod picture;
mod posted;
mod publish;
mod record;
mod remote;
mod servers;
mod settings;
mod spaces;
mod storyboard;
mod sync;
mod thumbnail;
mod tid;
mod tidy;
mod time;
mod upkeep;
