//! Where the values of settings come from.

use std::fmt;
use std::path::PathBuf;

/// The source of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The environment variable of that name.
    Environment,
    /// The config file.
    File(PathBuf),
    /// An argument of the command.
    Argument,
    /// The default.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Environment => formatter.write_str("environment"),
            Origin::File(path) => write!(formatter, "{}", path.display()),
            Origin::Argument => formatter.write_str("argument"),
            Origin::Default => formatter.write_str("default"),
        }
    }
}
