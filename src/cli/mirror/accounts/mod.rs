//! `telecine accounts`: lists, creates and checks PDS accounts.

mod check;
mod create;
mod list;

use clap::{Args, Subcommand};

use crate::cli::outcome::Outcome;

/// List, create and check PDS accounts
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Arguments),
    Create(create::Arguments),
    Check(check::Arguments),
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    match &arguments.command {
        Command::List(arguments) => list::run(arguments),
        Command::Create(arguments) => create::run(arguments),
        Command::Check(arguments) => check::run(arguments),
    }
}
