//! What Telecine does from outside: the program is run as people run it, and what it makes is read by others.
//!
//! One binary, so that it links once. `support` makes tapes in code, runs the program and reads MP4s with `ffprobe` and
//! `ffmpeg`; `stack` starts real servers, and makes them fail; every other module is about one promise.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![cfg_attr(
    not(feature = "mirror"),
    allow(dead_code, reason = "tests with servers share what makes tapes and runs programs")
)]

mod support;

mod browser;
mod cli;
mod codecs;
mod deterministic;
mod fixtures;
mod flaws;
mod forms;
mod gstreamer;
mod hostile;
mod layout;
mod man;
mod measure;
mod memory;
mod picture;
mod posted;
mod record;
mod storyboard;
mod thumbnail;
mod tid;
mod tidy;
mod time;

// What needs servers.
#[cfg(feature = "mirror")]
mod admin;
#[cfg(feature = "service")]
mod demo;
#[cfg(feature = "mirror")]
mod documents;
#[cfg(feature = "mirror")]
mod guards;
#[cfg(feature = "mirror")]
mod operate;
#[cfg(feature = "mirror")]
mod publish;
#[cfg(feature = "mirror")]
mod remote;
#[cfg(feature = "mirror")]
mod requests;
#[cfg(feature = "service")]
mod serve;
#[cfg(feature = "mirror")]
mod servers;
#[cfg(feature = "mirror")]
mod settings;
#[cfg(feature = "mirror")]
mod spaces;
#[cfg(feature = "mirror")]
mod stack;
#[cfg(feature = "mirror")]
mod sync;
