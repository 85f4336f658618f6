//! The command line: arguments to library calls, results to text or JSON. One file for each command, those
//! of the feature `mirror` in a folder.

mod command;
mod convert;
mod headings;
mod inspect;
mod limits;
mod man;
mod measure;
#[cfg(feature = "mirror")]
mod mirror;
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
mod version;

pub use command::main;
pub(crate) use outcome::Outcome;
