//! The command line: arguments to library calls, results to text or JSON. One file for each command.

mod convert;
mod inspect;
mod limits;
mod measure;
mod output;
mod palette;
mod plot;
mod presets;
mod progress;
mod report;
mod source;
mod thumbnail;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// What a command came to; the process exits with the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything asked for was done.
    Done = 0,
    /// Something failed; it has been reported.
    Failed = 1,
    /// The user interrupted it: 128 + SIGINT, as shells have it.
    Interrupted = 130,
}

/// Turns aesthetic.computer tapes into exact, small MP4s.
#[derive(Debug, Parser)]
#[command(
    name = "telecine",
    version,
    max_term_width = 100,
    after_help = "\
Exit status: 0 done, 1 something failed, 2 wrong usage, 130 interrupted."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Convert(convert::Arguments),
    Inspect(inspect::Arguments),
    Measure(measure::Arguments),
    Presets(presets::Arguments),
    Thumbnail(thumbnail::Arguments),
    /// Write completions for a shell to standard output
    #[command(after_help = "\
Examples:
  telecine completions bash > ~/.local/share/bash-completion/completions/telecine
  telecine completions zsh > ~/.zfunc/_telecine")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Parses the process's arguments and runs the command.
#[must_use]
pub fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Convert(arguments) => convert::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Measure(arguments) => measure::run(&arguments),
        Command::Presets(arguments) => presets::run(&arguments),
        Command::Thumbnail(arguments) => thumbnail::run(&arguments),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "telecine", &mut std::io::stdout());
            Outcome::Done
        }
    };
    ExitCode::from(outcome as u8)
}

/// Ends the process as clap does for arguments it cannot make sense of.
fn usage_error(message: impl std::fmt::Display) -> ! {
    Arguments::command().error(clap::error::ErrorKind::ArgumentConflict, message).exit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
