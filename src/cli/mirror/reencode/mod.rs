//! `telecine reencode`: replaces the videos of published tapes with ones made by another preset, with a plan first.

mod report;

use std::path::PathBuf;

use clap::Args;

use crate::error::{Result, SyncError};
use crate::record::Medium;
use crate::sync::reencode::{self, Reencoding};
use crate::sync::{Accounts, Guards, Items, Nuked, Orphans, Policy, Scope, Services};
use crate::video::Preset;

use super::confirm::LiveArguments;
use super::network::{self, ServerArguments};
use super::selection::AtOnceArgument;
use super::since;
use super::sync::{SyncProgress, matching, outcome, report as sync_report};
use crate::cli::headings::{ENCODING, OUTPUT, SELECTION};
use crate::cli::outcome::Outcome;
use crate::cli::presets::{PresetFile, StrictArgument};
use crate::cli::report::say;

/// Replace the videos of published tapes with ones made by another preset
///
/// Video and thumbnail are made again from the tape's ZIP. The record keeps its key, and its other fields are updated as
/// by `telecine sync`. MongoDB stores the name and version of each video's preset, and tapes that have it already are
/// skipped: after a change to a preset in a file, raise its version.
#[derive(Debug, Args)]
#[command(
    override_usage = "\
telecine reencode [OPTIONS] --preset <NAME>
       <--code <CODE>|--user <PATTERN>|--anonymous|--all>",
    after_help = "\
Examples:
  telecine reencode --preset small --anonymous           print the plan
  telecine reencode --preset small --anonymous --live    confirm, then encode
  telecine reencode --preset standard --code 9Yo --live --yes
  telecine reencode --preset standard --all --since 2025-10-01 --limit 100"
)]
pub struct Arguments {
    #[command(flatten)]
    which: Which,
    /// Select tapes made on or after this day, or since this time: 2025-10-01, 2025-10-01T12:00:00Z
    #[arg(long, value_name = "DATE", value_parser = since::parse, help_heading = SELECTION)]
    since: Option<i64>,
    /// Process at most N tapes per account
    #[arg(long, value_name = "N", help_heading = SELECTION)]
    limit: Option<usize>,
    /// Preset to encode with; see `telecine presets list`
    #[arg(long, value_name = "NAME", help_heading = ENCODING)]
    preset: String,
    #[command(flatten)]
    preset_file: PresetFile,
    #[command(flatten)]
    strict: StrictArgument,
    #[command(flatten)]
    live: LiveArguments,
    /// Write the report of a live run to FILE, as JSON [default: telecine-reencode-TIME.json]
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    report: Option<PathBuf>,
    /// Print JSON: one object per account, then the total
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
    #[command(flatten)]
    at_once: AtOnceArgument,
    #[command(flatten)]
    servers: ServerArguments,
}

/// The tapes to encode: required, so that no run encodes everything by accident.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
#[command(next_help_heading = SELECTION)]
struct Which {
    /// Select the tape with this code
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// Select tapes of accounts whose handle matches this regular expression
    #[arg(long, value_name = "PATTERN")]
    user: Option<String>,
    /// Select tapes made without an account
    #[arg(long)]
    anonymous: bool,
    /// Select all tapes
    #[arg(long)]
    all: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    let preset = arguments.strict.apply(arguments.preset_file.public(Some(&arguments.preset)));
    let chosen = arguments.which.user.as_deref().map(matching);
    arguments.live.check();
    network::run(&"reencode", &arguments.servers, async |services| {
        let scope = scope(arguments, chosen, &services).await?;
        if arguments.live.live {
            live(arguments, &services, &scope, &preset).await
        } else {
            dry_run(arguments, &services, &scope, &preset).await
        }
    })
}

async fn scope(arguments: &Arguments, chosen: Option<Accounts>, services: &Services) -> Result<Scope> {
    let (accounts, items) = match &arguments.which.code {
        Some(code) => {
            let missing = || SyncError::Missing { subject: format!("tape {code}") };
            let found = services.mongo.find(Medium::Tape, code).await?.ok_or_else(missing)?;
            (Accounts::Of(found.owner), Items::Id(found.item.id))
        }
        None if arguments.which.anonymous => (Accounts::Guest, Items::All),
        None => (chosen.unwrap_or(Accounts::All), Items::All),
    };
    Ok(Scope {
        media: vec![Medium::Tape],
        accounts,
        items,
        limit: arguments.limit,
        policy: Policy { nuked: Nuked::Flag, orphans: Orphans::Report },
        guards: Guards::default(),
        looks_for_recordings: false,
        users_at_once: arguments.at_once.users(),
    })
}

async fn dry_run(arguments: &Arguments, services: &Services, scope: &Scope, preset: &Preset) -> Result<Outcome> {
    let progress = SyncProgress::planning();
    let reencoding = Reencoding { preset: preset.clone(), since: arguments.since };
    let (report, sample) = reencode::dry_run(services, scope, &reencoding, &progress.control).await?;
    progress.finish();
    if arguments.json {
        report::plan_json(&report, &sample, services);
    } else {
        report::plan(&report, &sample, services);
    }
    Ok(outcome(&report))
}

async fn live(arguments: &Arguments, services: &Services, scope: &Scope, preset: &Preset) -> Result<Outcome> {
    let progress = SyncProgress::live();
    let reencoding = Reencoding { preset: preset.clone(), since: arguments.since };
    if !arguments.live.yes {
        let planned = reencode::plan(services, scope, &reencoding, &progress.control).await?;
        let count: usize = planned.planned.values().map(|counts| counts.update).sum();
        let question = format!("{count} videos will be replaced; the PDS deletes the old ones.");
        let is_confirmed = count == 0 || arguments.live.confirm(&question, &preset.name);
        if !is_confirmed {
            return Ok(Outcome::Failed);
        }
    }
    let path = sync_report::destination(arguments.report.as_deref(), "reencode")?;
    let report = reencode::live(services, scope, &reencoding, &progress.control).await?;
    progress.finish();
    if arguments.report.is_none() && !report.has_work() && !report.has_failures() {
        say("nothing to do");
        return Ok(outcome(&report));
    }
    let written = sync_report::write(&report, &path);
    if arguments.json {
        report::done_json(&report);
    } else {
        report::done(&report, progress.elapsed(), &path);
    }
    written?;
    Ok(outcome(&report))
}
