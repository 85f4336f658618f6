//! Pages for a person who asks "is my tape there yet, and what broke". Pure: data in, HTML out, nothing inline.
//!
//! Pages can be read without script; with it, rows change as jobs do. [`STYLE`] and [`SCRIPT`] are all that they load.

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
