//! `telecine publish`: publishes one item on the PDS.

use clap::Args;

use crate::error::{Error, Result};
use crate::record::Medium;
use crate::remote::mongo::Account;
use crate::sync::{self, AccountReport, Control, Report, Services};
use crate::video::Preset;

use super::item::{ItemArguments, POLICY};
use super::network;
use crate::cli::headings::OUTPUT;
use crate::cli::outcome::Outcome;
use crate::cli::progress::interrupted;
use crate::cli::remedy::in_words;
use crate::cli::report::{json, line, say};

/// Publish one item: make its files, upload them, write its record
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine publish tape 9Yo
  telecine publish mood 65f0c1d2e3a4b5c6d7e8f901")]
pub struct Arguments {
    #[command(flatten)]
    item: ItemArguments,
    /// Print JSON
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    let preset = arguments.item.preset();
    network::run(&arguments.item, &arguments.item.servers, async |services| {
        publish(arguments, &services, &preset).await
    })
}

async fn publish(arguments: &Arguments, services: &Services, preset: &Preset) -> Result<Outcome> {
    let found = arguments.item.find(services).await?;
    let account = services.mongo.account(&found.owner).await?.unwrap_or_else(|| Account::unknown(&found.owner));
    let control = Control { stop: network::stop(), ..Control::default() };
    let mut report = Report::default();
    report.add(sync::publish(services, &account, &found, POLICY, preset, &control).await);
    if interrupted() {
        return Err(Error::Interrupted);
    }
    if arguments.json {
        json(&report);
    } else {
        for warning in report.warnings() {
            say(format!("warning: {}: {}", arguments.item, warning.reason));
        }
        for trouble in report.failures().iter().chain(&report.postponed()).chain(&report.blocked()) {
            let remedy = trouble.advice.map_or("", in_words);
            say(format!("error: {}: {}{remedy}", arguments.item, trouble.reason));
        }
    }
    if report.has_failures() || !report.blocked().is_empty() {
        return Ok(Outcome::Failed);
    }
    let has_work = report.accounts.iter().any(AccountReport::has_work);
    let item = arguments.item.find(services).await?.item;
    if let (false, Some(rkey), Some(did)) = (arguments.json, &item.keys.atproto, &account.did) {
        line(uri(did, item.medium(), rkey));
    }
    Ok(Outcome::of_work(false, has_work))
}

/// The address of a record.
pub fn uri(did: &str, medium: Medium, rkey: &str) -> String {
    format!("at://{did}/{}/{rkey}", medium.collection())
}
