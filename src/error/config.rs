//! Errors in the settings.

use std::path::PathBuf;

use super::{Cause, Disposition, Fault};

/// Errors in the settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A required setting has no value.
    #[error("{name} is not set")]
    Unset {
        /// Its name.
        name: &'static str,
    },
    /// A setting has an invalid value.
    #[error("{name} {what}")]
    Setting {
        /// Its name.
        name: &'static str,
        /// What is wrong with its value.
        what: String,
    },
    /// The config file is not TOML, or contains an unknown setting.
    #[error("{} is not a config file", path.display())]
    ConfigFile {
        /// The file.
        path: PathBuf,
        /// The parser's error.
        source: Cause,
    },
    /// The system lacks what HTTPS needs, such as certificates.
    #[error("https cannot be used")]
    Https {
        /// What is missing.
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
