//! The headings that group the options in the help of every command, so that all commands use the same names.

/// Which accounts, types, items or jobs a command works on.
#[cfg(feature = "mirror")]
pub const SELECTION: &str = "Selection";
/// How videos are made.
pub const ENCODING: &str = "Encoding";
/// How large a tape may be.
pub const LIMITS: &str = "Limits";
/// What a command may change, and what it backs up first.
#[cfg(feature = "mirror")]
pub const SAFETY: &str = "Safety";
/// How the service runs.
#[cfg(feature = "service")]
pub const SERVICE: &str = "Service";
/// Where results go, and in which form.
pub const OUTPUT: &str = "Output";
/// How to reach servers.
#[cfg(feature = "mirror")]
pub const SERVERS: &str = "Servers";
