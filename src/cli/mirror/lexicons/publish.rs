//! `telecine lexicons publish`: writes lexicons to the repo of the account that DNS names as their authority.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::{Value, json};

use super::super::network;
use super::publisher::{PublisherArguments, changes_json, dns_line, dns_names};
use crate::admin::lexicons::{LexiconDiff, LexiconStep, compare, dns_text, embedded, publish};
use crate::cli::headings::{OUTPUT, SAFETY};
use crate::cli::outcome::Outcome;
use crate::cli::report::{json, line, lines, say, table};
use crate::config::Config;
use crate::error::{Result, SyncError};
use crate::remote::Waits;
use crate::remote::mongo::Account;
use crate::remote::pds::{Pds, Sessions};
use crate::sync::session;

/// Publish new and changed lexicons
///
/// By default, only prints the plan. --live carries it out. Changes that break old records or old readers are refused.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine lexicons publish
  telecine lexicons publish --live
  telecine lexicons publish --account jeffrey.at.aesthetic.computer --live")]
pub struct Arguments {
    #[command(flatten)]
    publisher: PublisherArguments,
    /// Carry out the plan instead of only printing it
    #[arg(long, help_heading = SAFETY)]
    live: bool,
    /// Also publish changes that break old records or old readers
    #[arg(long, help_heading = SAFETY)]
    allow_breaking: bool,
    /// Print JSON
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    network::ask(&"lexicons", &arguments.publisher.servers, async |config, waits| work(arguments, &config, waits).await)
}

async fn work(arguments: &Arguments, config: &Config, waits: Waits) -> Result<Outcome> {
    let pds = network::pds(config, waits)?;
    let account = arguments.publisher.find(config).await?;
    let did = match (account.blocked(), &account.did) {
        (None, Some(did)) => did.clone(),
        (reason, _) => {
            let reason = reason.unwrap_or("no account on the PDS").into();
            return Err(SyncError::Locked { account: account.name(), reason }.into());
        }
    };
    let compared = compare(&pds, Some(&did), embedded()).await?;
    let is_refused = !arguments.allow_breaking && compared.iter().any(|one| one.breaking().next().is_some());
    let has_work = compared.iter().any(|one| one.step() != LexiconStep::Keep);
    let mut written = BTreeMap::new();
    if arguments.live && has_work && !is_refused {
        written = publish_all(&pds, &account, &compared).await?;
    }
    if arguments.json {
        print_json(&account, &did, &compared, &written);
    } else {
        print(&account, &did, &compared);
    }
    if is_refused {
        say("error: nothing was published; pass --allow-breaking to publish breaking changes");
        return Ok(Outcome::Failed);
    }
    if has_work && !arguments.live && !arguments.json {
        say("nothing was published; pass --live to publish");
    }
    Ok(Outcome::of_work(false, has_work))
}

/// Publishes the lexicons that differ; returns their addresses by name.
async fn publish_all(pds: &Pds, account: &Account, compared: &[LexiconDiff]) -> Result<BTreeMap<String, String>> {
    let session = session(&Sessions::new(pds), account).await?;
    let mut written = BTreeMap::new();
    for comparison in compared.iter().filter(|comparison| comparison.step() != LexiconStep::Keep) {
        let record = publish(pds, &session, comparison).await?;
        written.insert(comparison.schema.nsid().to_owned(), record.uri);
    }
    Ok(written)
}

fn word(step: LexiconStep) -> &'static str {
    match step {
        LexiconStep::Create => "create",
        LexiconStep::Update => "update",
        LexiconStep::Keep => "unchanged",
    }
}

fn print(account: &Account, did: &str, compared: &[LexiconDiff]) {
    let row = |one: &LexiconDiff| [one.schema.nsid().to_owned(), word(one.step()).to_owned()];
    lines(table(["lexicon", "action"], &compared.iter().map(row).collect::<Vec<_>>()));
    line("");
    for change in compared.iter().flat_map(LexiconDiff::breaking) {
        line(format!("breaking  {change}"));
    }
    line(format!("account   {} {did}", account.name()));
    for name in dns_names(compared) {
        line(format!("dns       {}", dns_line(&name, did)));
    }
}

fn print_json(account: &Account, did: &str, compared: &[LexiconDiff], written: &BTreeMap<String, String>) {
    let lexicon = |one: &LexiconDiff| {
        let (nsid, action) = (one.schema.nsid(), word(one.step()));
        json!({ "lexicon": nsid, "action": action, "changes": changes_json(&one.changes), "uri": written.get(nsid) })
    };
    let dns: Vec<Value> =
        dns_names(compared).iter().map(|name| json!({ "name": name, "text": dns_text(did) })).collect();
    json(&json!({
        "account": account.name(),
        "did": did,
        "lexicons": compared.iter().map(lexicon).collect::<Vec<_>>(),
        "dns": dns,
    }));
}
