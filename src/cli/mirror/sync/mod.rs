//! `telecine sync`: MongoDB and Spaces to the PDS, with a plan first.

mod progress;
pub mod report;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::error::Result;
use crate::sync::{self, Accounts, Guards, Items, Orphans, Policy, Report, Scope, Services};
use crate::video::Preset;

use super::network::{self, ServerArguments};
use super::selection::{self, AtOnceArgument, MediaArguments, NukedArguments};
use crate::cli::headings::{OUTPUT, SAFETY, SELECTION};
use crate::cli::mirror::preset::PresetArguments;
use crate::cli::outcome::Outcome;
use crate::cli::progress::interrupted;
use crate::cli::report::say;
pub use progress::SyncProgress;

/// Bring the PDS up to date with MongoDB and Spaces
///
/// By default, sync only prints its plan. --live carries it out.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine sync                                     print the plan
  telecine sync --anonymous --types tapes           plan the anonymous tapes
  telecine sync --anonymous --types tapes --live    publish them
  telecine sync --user jeffrey --types moods,pieces --live
  telecine sync --code 9Yo --preset small --live")]
pub struct Arguments {
    /// The same as a word, as in the site's script
    #[arg(value_enum, hide = true, conflicts_with = "live")]
    mode: Option<Mode>,
    /// Select accounts whose handle matches this regular expression
    #[arg(long, value_name = "PATTERN", conflicts_with = "anonymous", help_heading = SELECTION)]
    user: Option<String>,
    /// Select items made without an account
    #[arg(long, help_heading = SELECTION)]
    anonymous: bool,
    #[command(flatten)]
    media: MediaArguments,
    /// Select items with this code
    #[arg(long, value_name = "CODE", help_heading = SELECTION)]
    code: Option<String>,
    /// Process at most N items per account and type
    #[arg(long, value_name = "N", help_heading = SELECTION)]
    limit: Option<usize>,
    #[command(flatten)]
    nuked: NukedArguments,
    #[command(flatten)]
    preset: PresetArguments,
    /// Carry out the plan instead of only printing it
    #[arg(long, help_heading = SAFETY)]
    live: bool,
    /// Treatment of records whose item is no longer in MongoDB
    #[arg(long, value_enum, default_value_t = OrphansArgument::Report, conflicts_with = "code", help_heading = SAFETY)]
    orphans: OrphansArgument,
    /// Delete at most N orphans per account and type, or 10 % of its records if that is more
    #[arg(long, value_name = "N", default_value_t = Guards::default().most_deletes, help_heading = SAFETY)]
    max_deletes: usize,
    /// Back up records to DIR before they are deleted, in a folder per account
    #[arg(long, value_name = "DIR", default_value = "telecine-backup", help_heading = SAFETY)]
    backup: PathBuf,
    /// Write the report of a live run to FILE, as JSON [default: telecine-sync-TIME.json]
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    DryRun,
    Live,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OrphansArgument {
    /// Keep them and list them in the report
    Report,
    /// Back them up and delete them
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
    /// Where a live run writes its report, if not to the default file.
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

/// Accounts whose handle matches a pattern, ignoring case. Ends the process with a usage error if it is no pattern.
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

/// Plans, carries out the plan, and prints the results.
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

/// The outcome of the command that made this report.
pub fn outcome(report: &Report) -> Outcome {
    if interrupted() {
        say("error: interrupted; completed work is kept, and the next run continues from there");
        Outcome::Interrupted
    } else {
        Outcome::of_work(report.has_failures(), report.has_work())
    }
}
