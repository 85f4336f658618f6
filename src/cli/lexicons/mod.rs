//! `telecine lexicons`: the schemas of records, checked and published.

mod check;
mod publish;
mod status;

use std::collections::BTreeSet;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::admin::lexicons::{LexiconDiff, dns_text};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::record::Change;
use crate::remote::mongo::{Account, Mongo, Owner};

use super::Outcome;
use super::config::ConfigFile;

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

/// In whose repo lexicons are published.
#[derive(Debug, Args)]
struct PublisherArguments {
    /// In whose repo they are published [default: the guest account's]
    #[arg(long, value_name = "HANDLE")]
    account: Option<String>,
    #[command(flatten)]
    config: ConfigFile,
}

impl PublisherArguments {
    /// Looks the account up in MongoDB.
    async fn find(&self, config: &Config) -> Result<Account> {
        let mongo = Mongo::connect(config).await?;
        let (subject, account) = match &self.account {
            Some(handle) => (format!("account {handle}"), mongo.account_named(handle).await?),
            None => ("guest account".into(), mongo.account(&Owner::Guest).await?),
        };
        account.ok_or_else(|| Error::Document { subject, what: "is not in MongoDB".into() })
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    match &arguments.command {
        Command::Check(arguments) => check::run(arguments),
        Command::Publish(arguments) => publish::run(arguments),
        Command::Status(arguments) => status::run(arguments),
    }
}

/// The names in DNS that have to say whose word counts.
fn dns_names(compared: &[LexiconDiff]) -> BTreeSet<String> {
    compared.iter().map(|one| one.schema.dns_name()).collect()
}

/// The line for the domain's zone.
fn dns_line(name: &str, did: &str) -> String {
    format!("{name} TXT \"{}\"", dns_text(did))
}

fn changes_json(changes: &[Change]) -> Vec<Value> {
    let json = |change: &Change| json!({ "text": change.to_string(), "breaking": change.is_breaking() });
    changes.iter().map(json).collect()
}
