//! `telecine lexicons`: the schemas of records, checked and published.

mod check;
mod publish;
mod publisher;
mod status;

use clap::{Args, Subcommand};

use crate::cli::outcome::Outcome;

/// Check the schemas of records, and publish them for everybody
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Arguments),
    Publish(publish::Arguments),
    Status(status::Arguments),
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    match &arguments.command {
        Command::Check(arguments) => check::run(arguments),
        Command::Publish(arguments) => publish::run(arguments),
        Command::Status(arguments) => status::run(arguments),
    }
}
