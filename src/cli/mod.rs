//! The command line: arguments to library calls, results to text or JSON. One file for each command.

mod accounts;
mod command;
mod compare;
mod config;
mod confirm;
mod convert;
mod doctor;
mod inspect;
mod item;
mod lexicons;
mod limits;
mod man;
mod measure;
mod network;
mod outcome;
mod output;
mod palette;
mod plain;
mod plot;
mod presets;
mod progress;
mod publish;
mod record;
mod reencode;
mod report;
mod restore;
mod selection;
mod since;
mod source;
mod status;
mod sync;
mod thumbnail;
mod waiting;
mod wipe;

pub use command::main;
pub(crate) use outcome::Outcome;
