//! `telecine record`: prints the record of one item as it would be written.

use clap::Args;
use serde_json::json;

use crate::error::{Result, SyncError};
use crate::record::{self, Files, Item};
use crate::remote::mongo::{Account, Found, Owner};
use crate::sync::{self, Action, Control, MissingFiles, Services};
use crate::video::Preset;

use super::item::{ItemArguments, POLICY};
use super::network;
use super::publish::uri;
use crate::cli::outcome::Outcome;
use crate::cli::report::pretty_json;

/// Print the record of one item as it would be written, checked against its lexicon
///
/// The item's files are made for their hashes, but nothing is uploaded.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine record tape 9Yo
  telecine record kidlisp cow | jq .value")]
pub struct Arguments {
    #[command(flatten)]
    item: ItemArguments,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    let preset = arguments.item.preset();
    network::run(&arguments.item, &arguments.item.servers, async |services| print(arguments, &services, &preset).await)
}

async fn print(arguments: &Arguments, services: &Services, preset: &Preset) -> Result<Outcome> {
    let found = arguments.item.find(services).await?;
    let (owner, item) = (&found.owner, &found.item);
    let account = services.mongo.account(owner).await?;
    let (rkey, before) = match &account {
        Some(account) => existing(services, account, &found).await?,
        None => (None, Files::default()),
    };
    let files = complete(services, preset, owner, item, before).await?;
    let record = record::build(item, &files)
        .map_err(|violations| SyncError::NoRecord { item: item.label(), violations: violations.to_string() })?;
    let did = account.and_then(|account| account.did);
    let uri = did.zip(rkey).map(|(did, rkey)| uri(&did, item.medium(), &rkey));
    let output = json!({ "uri": uri, "cid": record.cid().to_string(), "value": record.value() });
    pretty_json(&output);
    Ok(Outcome::Done)
}

/// The key that the item's record has or would get, and its published files.
async fn existing(services: &Services, account: &Account, found: &Found) -> Result<(Option<String>, Files)> {
    let plan = sync::read_item(services, account, found, POLICY).await?;
    let action = plan.media.into_iter().flat_map(|(_, plan)| plan.steps).map(|step| step.action).next();
    Ok(match action {
        Some(Action::Create { rkey }) => (Some(rkey), Files::default()),
        Some(
            Action::Update { rkey, files, .. } | Action::Adopt { rkey, files, .. } | Action::Keep { rkey, files, .. },
        ) => (Some(rkey), files),
        Some(Action::Withdraw { .. } | Action::Withhold | Action::Block { .. }) | None => (None, Files::default()),
    })
}

async fn complete(services: &Services, preset: &Preset, owner: &Owner, item: &Item, before: Files) -> Result<Files> {
    let control = Control { stop: network::stop(), ..Control::default() };
    let missing = MissingFiles::of(item, &before);
    let made = sync::make(services, preset, owner, item, missing, &control).await?;
    Ok(made.files(&before))
}
