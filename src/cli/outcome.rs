//! What a command comes to, and how the process ends where the arguments make no sense.

use super::plain;

/// What a command came to; the process exits with the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything asked for was done.
    Done = 0,
    /// Something failed; it has been reported.
    Failed = 1,
    /// There was nothing to do.
    #[cfg(feature = "mirror")]
    NothingToDo = 3,
    /// The user interrupted it: 128 + SIGINT, as shells have it.
    Interrupted = 130,
}

/// Ends the process as clap does for arguments it cannot make sense of.
pub fn usage_error(message: impl std::fmt::Display) -> ! {
    let message = plain::indented(&message.to_string());
    let command = clap::Command::new("telecine").override_usage("telecine <COMMAND>");
    command.clone().error(clap::error::ErrorKind::ArgumentConflict, message).exit()
}
