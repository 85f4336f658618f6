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

/// Convert aesthetic.computer tapes into small, frame-exact MP4s, and keep the PDS in step with MongoDB
#[derive(Debug, Parser)]
#[command(
    name = "telecine",
    version,
    long_version = version::WITH_COMMIT,
    max_term_width = 80,
    after_help = "\
Exit status: 0 done, 1 failure, 2 usage error, 3 nothing to do, 130 interrupted.

TELECINE_LOG=debug writes a log to standard error; info, warn and error write less."
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
    /// Print shell completions to standard output
    #[command(after_help = "\
Examples:
  source <(telecine completions bash)
  telecine completions zsh > ~/.zfunc/_telecine")]
    Completions {
        /// Shell to complete for
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
    // A caught panic is reported with the item it concerns; the panic's own message may contain untrusted text.
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

/// Sends the library's log to standard error if `TELECINE_LOG` names a level. Dependencies are left out because they
/// would log the contents of headers.
fn log() {
    let level = std::env::var("TELECINE_LOG").ok().and_then(|level| level.parse::<LevelFilter>().ok());
    let filter = Targets::new().with_target("telecine", level.unwrap_or(LevelFilter::OFF));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All commands and subcommands, with everything that clap adds to them.
    fn all() -> Vec<clap::Command> {
        let mut root = command();
        root.build();
        let (mut found, mut open) = (Vec::new(), vec![root]);
        while let Some(command) = open.pop() {
            open.extend(command.get_subcommands().filter(|under| under.get_name() != "help").cloned());
            found.push(command);
        }
        found
    }

    #[test]
    fn arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn help_fits_into_80_columns() {
        let fits = |line: &str| line.chars().count() <= 80;
        for mut command in all() {
            for help in [command.render_help(), command.render_long_help()] {
                let help = help.to_string();
                assert_eq!(help.lines().find(|line| !fits(line)), None, "{help}");
            }
            // clap would wrap a longer example, which could then not be copied.
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert_eq!(after.lines().find(|line| line.starts_with("  ") && !fits(line)), None, "{after}");
        }
    }

    #[test]
    fn every_option_is_under_a_heading_that_all_commands_share() {
        let headings = ["Selection", "Encoding", "Limits", "Safety", "Service", "Output", "Servers"];
        for command in all() {
            let own = |argument: &&clap::Arg| !matches!(argument.get_id().as_str(), "help" | "version");
            let options = command.get_arguments().filter(|argument| !argument.is_positional()).filter(own);
            for option in options {
                let heading = option.get_help_heading();
                let is_known = heading.is_some_and(|heading| headings.contains(&heading));
                assert!(is_known, "{}: {option}: {heading:?}", command.get_name());
            }
        }
    }

    #[test]
    fn every_command_and_argument_is_explained_without_a_full_stop() {
        for command in all() {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let arguments = command.get_arguments().filter(|argument| !argument.is_hide_set());
            let helps = arguments.map(|argument| argument.get_help().map(ToString::to_string).unwrap_or_default());
            for text in helps.chain([about]) {
                assert!(text.starts_with(|first: char| first.is_uppercase() || first == '-'), "{command:?}: {text:?}");
                assert!(!text.ends_with('.') || text.contains(". "), "{}: {text}", command.get_name());
            }
        }
    }
}
