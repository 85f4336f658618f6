//! All commands, parsed and run.

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[cfg(feature = "mirror")]
use super::mirror;
use super::outcome::Outcome;
use super::{convert, inspect, man, measure, presets, report, thumbnail, version};

/// Turns aesthetic.computer tapes into exact, small MP4s, and keeps the PDS in step with MongoDB.
#[derive(Debug, Parser)]
#[command(
    name = "telecine",
    version,
    long_version = version::WITH_COMMIT,
    max_term_width = 100,
    after_help = "\
Exit status: 0 done, 1 something failed, 2 wrong usage, 3 nothing to do, 130 interrupted.

TELECINE_LOG=debug tells on standard error what is being done; info, warn and error tell less."
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
    #[cfg(feature = "mirror")]
    #[command(flatten)]
    Mirror(mirror::Command),
    /// Write completions for a shell to standard output
    #[command(after_help = "\
Examples:
  telecine completions bash > ~/.local/share/bash-completion/completions/telecine
  telecine completions zsh > ~/.zfunc/_telecine")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    Man(man::Arguments),
}

/// All commands with their options.
fn command() -> clap::Command {
    Arguments::command()
}

/// Parses the process's arguments and runs the command.
#[must_use]
pub fn main() -> ExitCode {
    log();
    // What is caught is reported with what it happened to; a panic's own words may be those of strangers.
    std::panic::set_hook(Box::new(|panic| report::say(format!("error: telecine has a fault: {panic}"))));
    let arguments = Arguments::try_parse().unwrap_or_else(|asked| version::exit(&asked));
    let outcome = match arguments.command {
        Command::Convert(arguments) => convert::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Measure(arguments) => measure::run(&arguments),
        Command::Presets(arguments) => presets::run(&arguments),
        Command::Thumbnail(arguments) => thumbnail::run(&arguments),
        #[cfg(feature = "mirror")]
        Command::Mirror(command) => mirror::run(&command),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut command(), "telecine", &mut std::io::stdout());
            Outcome::Done
        }
        Command::Man(arguments) => man::run(&arguments, command()),
    };
    ExitCode::from(outcome as u8)
}

/// Lets the library's log go to standard error, if `TELECINE_LOG` names a level. Libraries under it are left out: they
/// would tell what is in headers.
fn log() {
    let level = std::env::var("TELECINE_LOG").ok().and_then(|level| level.parse::<LevelFilter>().ok());
    let filter = Targets::new().with_target("telecine", level.unwrap_or(LevelFilter::OFF));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
