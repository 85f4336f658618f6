//! Pages for people who ask "is my tape there yet, and what broke". Pure: data in, HTML out, nothing inline.
//!
//! Pages work without script; with it, rows update live. They load only [`STYLE`] and [`SCRIPT`].

mod advice;
mod job;
mod layout;
mod list;
mod login;
mod mirror;
mod overview;
mod parts;

pub use job::{RecordLink, job};
pub use layout::{Viewer, problem};
pub use list::{List, list};
pub use login::login;
pub use overview::{Overview, overview};

/// The one style sheet.
pub const STYLE: &str = include_str!("style.css");

/// The one script.
pub const SCRIPT: &str = include_str!("live.js");
