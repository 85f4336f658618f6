//! `telecine lexicons`: checks and publishes the schemas of records.

mod check;
mod publish;
mod publisher;
mod status;

use clap::{Args, Subcommand};

use crate::cli::outcome::Outcome;

/// Check and publish the lexicons, the schemas of records
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
