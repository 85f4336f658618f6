//! `telecine sync`: MongoDB and Spaces to the PDS, planned first.

mod progress;
pub mod report;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::error::Result;
use crate::sync::{self, Accounts, Guards, Items, Orphans, Policy, Report, Scope, Services};
use crate::video::Preset;

use super::network::{self, ServerArguments};
use super::selection::{self, AtOnceArgument, MediaArguments, NukedArguments};
use crate::cli::mirror::preset::PresetArguments;
use crate::cli::outcome::Outcome;
use crate::cli::progress::interrupted;
use crate::cli::report::say;
pub use progress::SyncProgress;

/// Bring the PDS up to date with MongoDB and Spaces
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine sync                                      what would be done, for all accounts
  telecine sync --anonymous --tapes-only             the anonymous tapes
  telecine sync --live --anonymous --tapes-only      publish them
  telecine sync --live --user jeffrey --types moods,pieces
  telecine sync --live --code 9Yo --preset small")]
pub struct Arguments {
    /// Really do it; without, only say what would be done
    #[arg(long)]
    live: bool,
    /// The same as a word, as it was said once
    #[arg(value_enum, hide = true, conflicts_with = "live")]
    mode: Option<Mode>,
    /// Only accounts whose handle matches this regular expression
    #[arg(long, value_name = "PATTERN", conflicts_with = "anonymous")]
    user: Option<String>,
    /// Only what was made without an account
    #[arg(long)]
    anonymous: bool,
    #[command(flatten)]
    media: MediaArguments,
    /// Work on so many items of each account and type at most
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Only items with this code
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    #[command(flatten)]
    preset: PresetArguments,
    #[command(flatten)]
    nuked: NukedArguments,
    /// What becomes of records whose item is not in MongoDB any more
    #[arg(long, value_enum, default_value_t = OrphansArgument::Report, conflicts_with = "code")]
    orphans: OrphansArgument,
    /// Delete at most so many records of each account and type whose item is gone; a tenth of them in any case
    #[arg(long, value_name = "N", default_value_t = Guards::default().most_deletes)]
    max_deletes: usize,
    /// Where records are saved before they are deleted, in a folder for each account
    #[arg(long, value_name = "DIR", default_value = "telecine-backup")]
    backup: PathBuf,
    #[command(flatten)]
    at_once: AtOnceArgument,
    /// Where a live run writes its report, as JSON [default: telecine-sync-TIME.json]
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print JSON: an object for each account, then the sum
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    servers: ServerArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    DryRun,
    Live,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OrphansArgument {
    Report,
    Delete,
}

impl From<OrphansArgument> for Orphans {
    fn from(orphans: OrphansArgument) -> Self {
        match orphans {
            OrphansArgument::Report => Orphans::Report,
            OrphansArgument::Delete => Orphans::Delete,
        }
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    let scope = scope(arguments);
    let preset = arguments.preset.preset();
    network::run(&"sync", &arguments.servers, async |services| {
        let output = Output { json: arguments.json, report: arguments.report.as_deref() };
        if arguments.live || arguments.mode == Some(Mode::Live) {
            live(&services, &scope, &preset, &output).await
        } else {
            dry_run(&services, &scope, &output).await
        }
    })
}

/// Where results go.
pub struct Output<'a> {
    /// To standard output as JSON.
    pub json: bool,
    /// Where a live run writes its report, if not to the usual place.
    pub report: Option<&'a Path>,
}

fn scope(arguments: &Arguments) -> Scope {
    let accounts = match &arguments.user {
        Some(pattern) => matching(pattern),
        None if arguments.anonymous => Accounts::Guest,
        None => Accounts::All,
    };
    Scope {
        media: arguments.media.media(),
        accounts,
        items: arguments.code.clone().map_or(Items::All, Items::Code),
        limit: arguments.limit,
        policy: Policy { nuked: arguments.nuked.nuked(), orphans: arguments.orphans.into() },
        guards: Guards { most_deletes: arguments.max_deletes, backup: arguments.backup.clone() },
        looks_for_recordings: true,
        users_at_once: arguments.at_once.users(),
    }
}

/// Accounts whose handle matches a pattern, whatever the case. Ends the process with a usage error if it is none.
pub fn matching(pattern: &str) -> Accounts {
    Accounts::Matching(selection::pattern(pattern))
}

/// Plans and prints the plan.
pub async fn dry_run(services: &Services, scope: &Scope, output: &Output<'_>) -> Result<Outcome> {
    network::tell_what_is_slow(services, scope).await;
    let progress = SyncProgress::planning();
    let report = sync::dry_run(services, scope, &progress.control).await?;
    progress.finish();
    if output.json {
        self::report::plan_json(&report, services);
    } else {
        self::report::plan(&report, services);
    }
    Ok(outcome(&report))
}

/// Plans, carries out, and prints what was done.
pub async fn live(services: &Services, scope: &Scope, preset: &Preset, output: &Output<'_>) -> Result<Outcome> {
    network::tell_what_is_slow(services, scope).await;
    let progress = SyncProgress::live();
    let path = self::report::destination(output.report, "sync")?;
    let report = sync::live(services, scope, preset, &progress.control).await?;
    progress.finish();
    if output.report.is_none() && !report.has_work() && !report.has_failures() {
        say("nothing to do");
        return Ok(outcome(&report));
    }
    let written = self::report::write(&report, &path);
    if output.json {
        self::report::done_json(&report);
    } else {
        self::report::done(&report, progress.elapsed(), &path);
    }
    written?;
    Ok(outcome(&report))
}

/// What the command comes to that has made this report.
pub fn outcome(report: &Report) -> Outcome {
    if interrupted() {
        say("error: interrupted; what was done stays, and another run goes on from there");
        Outcome::Interrupted
    } else {
        Outcome::of_work(report.has_failures(), report.has_work())
    }
}
