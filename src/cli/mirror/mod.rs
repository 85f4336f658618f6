//! The commands that talk to MongoDB, Spaces or a PDS, and their shared parts.

mod accounts;
mod compare;
mod config;
mod confirm;
mod doctor;
mod findings;
#[cfg(feature = "service")]
mod fleet;
#[cfg(feature = "service")]
mod health;
mod item;
#[cfg(feature = "service")]
mod jobs;
mod lexicons;
mod network;
mod preset;
mod publish;
mod record;
mod reencode;
mod restore;
mod selection;
#[cfg(feature = "service")]
mod serve;
mod since;
mod status;
mod sync;
mod waiting;
#[cfg(feature = "service")]
mod webhooks;
mod wipe;

use clap::Subcommand;

use crate::cli::outcome::Outcome;

/// One of these commands with its arguments.
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
    #[cfg(feature = "service")]
    Health(health::Arguments),
    #[cfg(feature = "service")]
    Jobs(jobs::Arguments),
    #[cfg(feature = "service")]
    Webhooks(webhooks::Arguments),
    #[cfg(feature = "service")]
    Fleet(fleet::Arguments),
}

/// Runs the command.
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
        #[cfg(feature = "service")]
        Command::Health(arguments) => health::run(arguments),
        #[cfg(feature = "service")]
        Command::Jobs(arguments) => jobs::run(arguments),
        #[cfg(feature = "service")]
        Command::Webhooks(arguments) => webhooks::run(arguments),
        #[cfg(feature = "service")]
        Command::Fleet(arguments) => fleet::run(arguments),
    }
}
