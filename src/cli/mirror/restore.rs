//! `telecine restore`: brings an account's records back to the PDS, from a backup or from MongoDB and Spaces.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::error::Result;
use crate::sync::{self, Accounts, Backup, Nuked, RestoreReport, Services};

use super::compare;
use super::confirm::LiveArguments;
use super::network::{self, ServerArguments};
use super::selection::{AccountArgument, MediaArguments};
use super::sync::{Output, SyncProgress};
use crate::cli::headings::{ENCODING, OUTPUT, SELECTION};
use crate::cli::outcome::Outcome;
use crate::cli::presets::PresetFile;
use crate::cli::remedy::in_words;
use crate::cli::report::{bytes, json, line, lines, say, table};

/// Bring an account's records back to the PDS
///
/// With --from, records come back from a backup with their keys, texts and files, except those whose items were nuked
/// or have another record since. Without it, MongoDB and Spaces are synced, which creates all records again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine restore jeffrey            print the plan, from MongoDB
  telecine restore jeffrey --live
  telecine restore jeffrey --from telecine-backup/jeffrey.at.example --live

Exit status: 0 done, 1 failure, 3 nothing to do.")]
pub struct Arguments {
    #[command(flatten)]
    account: AccountArgument,
    #[command(flatten)]
    media: MediaArguments,
    /// Backup to restore: its folder, the account's folder for the newest one, or a CAR file
    #[arg(long, value_name = "BACKUP", help_heading = SELECTION)]
    from: Option<PathBuf>,
    /// Preset to encode tapes with; see `telecine presets list` [default: standard]
    #[arg(long, value_name = "NAME", conflicts_with = "from", help_heading = ENCODING)]
    preset: Option<String>,
    #[command(flatten)]
    preset_file: PresetFile,
    #[command(flatten)]
    live: LiveArguments,
    /// Write the report of a live run from MongoDB to FILE, as JSON [default: telecine-sync-TIME.json]
    #[arg(long, value_name = "FILE", conflicts_with = "from", help_heading = OUTPUT)]
    report: Option<PathBuf>,
    /// Print JSON
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
    #[command(flatten)]
    servers: ServerArguments,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    let preset = arguments.preset_file.public(arguments.preset.as_deref());
    network::run(&format!("restore {}", arguments.account.handle), &arguments.servers, async |services| {
        if let Some(path) = &arguments.from {
            return from_backup(arguments, &services, &Backup::open(path)?).await;
        }
        let account = arguments.account.find(&services.mongo).await?;
        let scope = compare::scope(Accounts::Of(account.owner), &arguments.media, Nuked::Flag, 1);
        let output = Output { json: arguments.json, report: arguments.report.as_deref() };
        if arguments.live.live {
            super::sync::live(&services, &scope, &preset, &output).await
        } else {
            super::sync::dry_run(&services, &scope, &output).await
        }
    })
}

async fn from_backup(arguments: &Arguments, services: &Services, backup: &Backup) -> Result<Outcome> {
    let account = arguments.account.find(&services.mongo).await?;
    let media = arguments.media.media();
    let progress = SyncProgress::live();
    let mut report = sync::plan_restore(services, &account, backup, &media).await?;
    let mut result = Ok(());
    if arguments.live.live {
        let (updates, name) = (report.updates(), account.name());
        let question = format!("{updates} records of {name} have changed since the backup and will be overwritten.");
        let is_confirmed = report.updates() == 0 || arguments.live.confirm(&question, &account.name());
        if !is_confirmed {
            return Ok(Outcome::Failed);
        }
        progress.expect(report.work());
        result = sync::restore(services, &account, backup, &media, &progress.control, &mut report).await;
    }
    progress.finish();
    if arguments.json {
        json(&json!({ "account": account.name(), "did": account.did, "restored": report }));
    } else {
        print(&report, arguments.live.live);
    }
    for parked in &report.parked {
        let remedy = parked.advice.map_or("", in_words);
        say(format!("error: {} {}: {}{remedy}", parked.medium, parked.label, parked.reason));
    }
    result.map(|()| Outcome::of_work(!report.parked.is_empty(), report.work() > 0))
}

fn print(report: &RestoreReport, is_live: bool) {
    let counts = if is_live { &report.done } else { &report.planned };
    let rows: Vec<_> = report
        .planned
        .iter()
        .map(|(medium, planned)| {
            let counts = counts.get(medium).copied().unwrap_or_default();
            let counts = [counts.create, counts.update, counts.adopt, planned.skip].map(|count| count.to_string());
            let [create, update, adopt, skip] = counts;
            [(*medium).to_owned(), create, update, adopt, skip]
        })
        .collect();
    lines(table(["type", "create", "update", "adopt", "skip"], &rows));
    if is_live {
        line("");
        line(format!("uploaded   {}", bytes(report.uploaded)));
    }
}
