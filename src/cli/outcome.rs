//! Outcomes of commands, and how the process ends on a usage error.

use crate::error::{Error, Fault, Result};

use super::plain;

/// The outcome of a command; its number is the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All requested work was done.
    Done = 0,
    /// Something failed; it has been reported.
    Failed = 1,
    /// There was nothing to do.
    #[cfg(feature = "mirror")]
    NothingToDo = 3,
    /// The user interrupted it: 128 + SIGINT, as in shells.
    Interrupted = 130,
}

impl Outcome {
    /// The outcome of a command that ends with this failure. A failure without fault is an interruption.
    pub fn of(error: &Error) -> Self {
        if error.fault() == Fault::Nobody { Outcome::Interrupted } else { Outcome::Failed }
    }

    /// The outcome of a command with several independent results.
    pub fn of_all<T>(results: &[Result<T>]) -> Self {
        let failures = results.iter().filter_map(|result| result.as_ref().err()).map(Outcome::of);
        failures.max_by_key(|outcome| *outcome as u8).unwrap_or(Outcome::Done)
    }

    /// The outcome of work that continues after failures.
    #[cfg(feature = "mirror")]
    pub fn of_work(has_failures: bool, has_work: bool) -> Self {
        match (has_failures, has_work) {
            (true, _) => Outcome::Failed,
            (false, true) => Outcome::Done,
            (false, false) => Outcome::NothingToDo,
        }
    }
}

/// Ends the process as clap does for invalid arguments.
pub fn usage_error(message: impl std::fmt::Display) -> ! {
    let message = plain::indented(&message.to_string());
    let command = clap::Command::new("telecine").override_usage("telecine <COMMAND>");
    command.clone().error(clap::error::ErrorKind::ArgumentConflict, message).exit()
}
