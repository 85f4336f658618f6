//! The commands that talk to MongoDB, Spaces or a PDS.

use clap::Subcommand;

use super::Outcome;
#[cfg(feature = "service")]
use super::serve;
use super::{accounts, compare, config, doctor, lexicons, publish, record, reencode, restore, status, sync, wipe};

/// One of them, with its arguments.
#[derive(Debug, Subcommand)]
pub enum Command {
    Sync(sync::Arguments),
    Publish(publish::Arguments),
    Record(record::Arguments),
    Compare(compare::Arguments),
    Status(status::Arguments),
    Wipe(wipe::Arguments),
    Restore(restore::Arguments),
    Reencode(reencode::Arguments),
    Accounts(accounts::Arguments),
    Lexicons(lexicons::Arguments),
    Doctor(doctor::Arguments),
    Config(config::Arguments),
    #[cfg(feature = "service")]
    Serve(serve::Arguments),
}

/// Runs it.
pub fn run(command: &Command) -> Outcome {
    match command {
        Command::Sync(arguments) => sync::run(arguments),
        Command::Publish(arguments) => publish::run(arguments),
        Command::Record(arguments) => record::run(arguments),
        Command::Compare(arguments) => compare::run(arguments),
        Command::Status(arguments) => status::run(arguments),
        Command::Wipe(arguments) => wipe::run(arguments),
        Command::Restore(arguments) => restore::run(arguments),
        Command::Reencode(arguments) => reencode::run(arguments),
        Command::Accounts(arguments) => accounts::run(arguments),
        Command::Lexicons(arguments) => lexicons::run(arguments),
        Command::Doctor(arguments) => doctor::run(arguments),
        Command::Config(arguments) => config::run(arguments),
        #[cfg(feature = "service")]
        Command::Serve(arguments) => serve::run(arguments),
    }
}
