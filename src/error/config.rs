//! What is wrong with the settings.

use std::path::PathBuf;

use super::{Cause, Disposition, Fault};

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A setting is needed and has no value.
    #[error("{name} is not set")]
    Unset {
        /// Its name.
        name: &'static str,
    },
    /// A setting has a value that cannot be meant.
    #[error("{name} {what}")]
    Setting {
        /// Its name.
        name: &'static str,
        /// What is wrong with its value.
        what: String,
    },
    /// The config file is not TOML, or sets what does not exist.
    #[error("{} is not a config file", path.display())]
    ConfigFile {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        source: Cause,
    },
}

impl ConfigError {
    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        Fault::Operator
    }

    /// What to do about it.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        Disposition::Drop
    }
}
