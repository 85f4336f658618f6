//! `telecine wipe`: deletes an account's records from the PDS, after a backup.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::error::Result;
use crate::record::Medium;
use crate::remote::mongo::Account;
use crate::sync::{self, Extent, Saved, Saving, Services, WipePlan, Wiped};

use super::confirm::LiveArguments;
use super::network::{self, ServerArguments};
use super::selection::{AccountArgument, MediaArguments};
use super::sync::SyncProgress;
use crate::cli::headings::{OUTPUT, SAFETY};
use crate::cli::outcome::{Outcome, usage_error};
use crate::cli::report::{bytes, json, line, lines, quoted, say, shortened, table};

/// Delete an account's records from the PDS and forget their keys in MongoDB
///
/// Records and their files are backed up first, because the PDS deletes a file together with the last record that
/// refers to it. `telecine restore` brings them back from the backup, or from MongoDB and Spaces.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine wipe jeffrey             print the plan
  telecine wipe jeffrey --live      back up and delete, after confirmation
  telecine wipe art.at.aesthetic.computer --types tapes --live --yes
  telecine wipe jeffrey --live --no-backup --yes

Exit status: 0 done, 1 failed or not confirmed, 3 nothing to do.")]
pub struct Arguments {
    #[command(flatten)]
    account: AccountArgument,
    #[command(flatten)]
    media: MediaArguments,
    #[command(flatten)]
    live: LiveArguments,
    /// Back up records to DIR, in a folder per account
    #[arg(long, value_name = "DIR", default_value = "telecine-backup", help_heading = SAFETY)]
    backup: PathBuf,
    /// Delete without a backup
    #[arg(long, conflicts_with = "backup", help_heading = SAFETY)]
    no_backup: bool,
    /// Proceed even if some files are missing from the PDS and cannot be backed up
    #[arg(long, help_heading = SAFETY)]
    allow_missing: bool,
    /// Print JSON
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
    #[command(flatten)]
    servers: ServerArguments,
}

/// The most lost records that are named; the JSON lists all.
const MOST_LOST: usize = 10;

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    if arguments.no_backup && arguments.live.live && !arguments.live.yes {
        usage_error("--no-backup cannot be undone; it needs --yes");
    }
    arguments.live.check();
    network::run(&format!("wipe {}", arguments.account.handle), &arguments.servers, async |services| {
        wipe(arguments, &services).await
    })
}

async fn wipe(arguments: &Arguments, services: &Services) -> Result<Outcome> {
    let account = arguments.account.find(&services.mongo).await?;
    let media = arguments.media.media();
    let progress = SyncProgress::live();
    let plan = sync::plan_wipe(services, &account, &media).await?;
    if arguments.json && !arguments.live.live {
        json(&json!({ "account": account.name(), "did": account.did, "plan": plan }));
    } else if !arguments.json {
        print_plan(&plan);
    }
    if plan.is_nothing() {
        say("nothing to do");
        return Ok(Outcome::NothingToDo);
    }
    if !arguments.live.live {
        return Ok(Outcome::Done);
    }
    let is_confirmed = arguments.live.confirm(&question(&account, &plan), &account.name());
    if !is_confirmed {
        return Ok(Outcome::Failed);
    }
    let folder = sync::folder_of(&arguments.backup, &account);
    let saving = Saving { folder, goes_on: true, allows_missing: arguments.allow_missing };
    let saving = (!arguments.no_backup).then_some(saving);
    progress.expect(plan.media.values().map(|extent| extent.records).sum());
    let mut wiped = Wiped::default();
    let result = sync::wipe(services, &account, &media, saving.as_ref(), &progress.control, &mut wiped).await;
    progress.finish();
    if arguments.json {
        json(&json!({ "account": account.name(), "did": account.did, "wiped": wiped }));
    } else {
        print_wiped(&wiped, &account, &media);
    }
    result.map(|()| Outcome::Done)
}

fn question(account: &Account, plan: &WipePlan) -> String {
    let records: usize = plan.media.values().map(|extent| extent.records).sum();
    let lost = match plan.lost.len() {
        0 => String::new(),
        lost => format!(" {lost} of them cannot be brought back."),
    };
    format!("{records} records of {} and their {} files will be deleted.{lost}", account.name(), plan.blobs)
}

fn print_plan(plan: &WipePlan) {
    let row = |(medium, extent): (&&'static str, &Extent)| {
        [(*medium).to_owned(), extent.records.to_string(), extent.keys.to_string()]
    };
    let rows: Vec<_> = plan.media.iter().map(row).collect();
    lines(table(["type", "records on the PDS", "keys in MongoDB"], &rows));
    line("");
    line(format!("files      {} of {} are deleted with them", plan.blobs, bytes(plan.blob_bytes)));
    if !plan.lost.is_empty() {
        let (records, them) = if plan.lost.len() == 1 { ("record", "it") } else { ("records", "them") };
        let count = plan.lost.len();
        let more = count.saturating_sub(MOST_LOST);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let named = plan.lost.iter().take(MOST_LOST).map(|name| shortened(name)).collect::<Vec<_>>().join(", ");
        line(format!(
            "lost       {count} {records} that no restore brings back, as the lexicon rejects {them}: {named}{more}"
        ));
    }
}

fn print_wiped(wiped: &Wiped, account: &Account, media: &[Medium]) {
    if let Some(Saved { folder, records, blobs, blob_bytes, lost }) = &wiped.saved {
        line(format!("saved      {records} records, {blobs} files of {}", bytes(*blob_bytes)));
        if !lost.is_empty() {
            line(format!("missing    {} files that were no longer on the PDS", lost.len()));
        }
        line(format!("backup     {}", folder.display()));
        line(format!("undo       {}", undo(account, folder, media)));
    }
    let sum = |count: fn(&Extent) -> usize| wiped.media.values().map(count).sum::<usize>();
    line(format!("deleted    {} records", sum(|extent| extent.records)));
    line(format!("forgotten  {} keys", sum(|extent| extent.keys)));
}

fn undo(account: &Account, folder: &Path, media: &[Medium]) -> String {
    let types = media.iter().map(|medium| medium.plural()).collect::<Vec<_>>().join(",");
    let types = if media.len() == Medium::ALL.len() { String::new() } else { format!(" --types {types}") };
    let (name, from) = (quoted(&account.name()), quoted(&folder.display().to_string()));
    format!("telecine restore {name} --from {from}{types} --live")
}
