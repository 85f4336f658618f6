//! The command line: arguments to library calls, results to text or JSON. One file for each command.

mod command;
mod convert;
mod inspect;
mod limits;
mod man;
mod measure;
mod outcome;
mod output;
mod palette;
mod plain;
mod plot;
mod presets;
mod progress;
mod remedy;
mod report;
mod source;
mod thumbnail;

// The commands that talk to servers, and what only they need.
#[cfg(feature = "mirror")]
mod accounts;
#[cfg(feature = "mirror")]
mod compare;
#[cfg(feature = "mirror")]
mod config;
#[cfg(feature = "mirror")]
mod confirm;
#[cfg(feature = "mirror")]
mod doctor;
#[cfg(feature = "mirror")]
mod item;
#[cfg(feature = "mirror")]
mod lexicons;
#[cfg(feature = "mirror")]
mod mirror;
#[cfg(feature = "mirror")]
mod network;
#[cfg(feature = "mirror")]
mod publish;
#[cfg(feature = "mirror")]
mod record;
#[cfg(feature = "mirror")]
mod reencode;
#[cfg(feature = "mirror")]
mod restore;
#[cfg(feature = "mirror")]
mod selection;
#[cfg(feature = "service")]
mod serve;
#[cfg(feature = "mirror")]
mod since;
#[cfg(feature = "mirror")]
mod status;
#[cfg(feature = "mirror")]
mod sync;
#[cfg(feature = "mirror")]
mod waiting;
#[cfg(feature = "mirror")]
mod wipe;

pub use command::main;
pub(crate) use outcome::Outcome;
