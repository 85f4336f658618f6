//! `telecine sync`: MongoDB and Spaces to the PDS, planned first.

pub(super) mod progress;
pub(super) mod report;

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use regex::RegexBuilder;

use crate::error::Result;
use crate::record::Medium;
use crate::sync::{self, Accounts, Items, Nuked, Orphans, Policy, Report, Scope, Services};
use crate::video::Preset;

use super::config::ConfigFile;
use super::network;
use super::presets::PresetFile;
use super::progress::{interrupted, stop_on_interrupt};
use super::report::error_text;
use super::{Outcome, usage_error};
use progress::SyncProgress;

/// Bring the PDS up to date with MongoDB and Spaces
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine sync                                      what would be done, for all accounts
  telecine sync --anonymous --tapes-only             the anonymous tapes
  telecine sync live --anonymous --tapes-only        now really
  telecine sync live --user jeffrey --types moods,pieces
  telecine sync live --code 9Yo --preset small")]
pub struct Arguments {
    /// Whether to only say what would be done, or to do it
    #[arg(value_enum, default_value_t = Mode::DryRun)]
    mode: Mode,
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
    /// How to encode tapes; see `telecine presets list`
    #[arg(long, value_name = "NAME", default_value = "standard")]
    preset: String,
    #[command(flatten)]
    preset_file: PresetFile,
    #[command(flatten)]
    policy: PolicyArguments,
    /// Work on so many accounts at the same time
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100))]
    users_at_once: u16,
    /// Where a live run writes its report, as JSON [default: telecine-sync-TIME.json]
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print JSON: an object for each account, then the sum
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    DryRun,
    Live,
}

/// Which records there should be.
#[derive(Debug, Args)]
pub struct PolicyArguments {
    /// What becomes of items that were taken back: a record that says so, or none
    #[arg(long, value_enum, default_value_t = NukedArgument::Flag)]
    nuked: NukedArgument,
    /// What becomes of records whose item is not in MongoDB any more
    #[arg(long, value_enum, default_value_t = OrphansArgument::Report)]
    orphans: OrphansArgument,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum NukedArgument {
    Flag,
    Withhold,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OrphansArgument {
    Report,
    Delete,
}

impl PolicyArguments {
    /// The policy that they name.
    pub fn policy(&self) -> Policy {
        let nuked = match self.nuked {
            NukedArgument::Flag => Nuked::Flag,
            NukedArgument::Withhold => Nuked::Withhold,
        };
        let orphans = match self.orphans {
            OrphansArgument::Report => Orphans::Report,
            OrphansArgument::Delete => Orphans::Delete,
        };
        Policy { nuked, orphans }
    }
}

/// Which media; all of them if nothing is said.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag that the site's own script has")]
pub struct MediaArguments {
    /// Only these types, separated by commas
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    types: Vec<Medium>,
    #[arg(long, conflicts_with = "types", help = "Short for --types paintings")]
    paintings_only: bool,
    #[arg(long, conflicts_with = "types", help = "Short for --types moods")]
    moods_only: bool,
    #[arg(long, conflicts_with = "types", help = "Short for --types pieces")]
    pieces_only: bool,
    #[arg(long, conflicts_with = "types", help = "Short for --types kidlisp")]
    kidlisp_only: bool,
    #[arg(long, conflicts_with = "types", help = "Short for --types tapes")]
    tapes_only: bool,
}

impl MediaArguments {
    /// The chosen media, in the order in which they are worked on.
    pub fn media(&self) -> Vec<Medium> {
        let only = [
            (self.paintings_only, Medium::Painting),
            (self.moods_only, Medium::Mood),
            (self.pieces_only, Medium::Piece),
            (self.kidlisp_only, Medium::Kidlisp),
            (self.tapes_only, Medium::Tape),
        ];
        let chosen: Vec<_> = only.into_iter().filter(|(only, _)| *only).map(|(_, medium)| medium).collect();
        let is_chosen = |medium: &Medium| self.types.contains(medium) || chosen.contains(medium);
        if self.types.is_empty() && chosen.is_empty() {
            return Medium::ALL.to_vec();
        }
        Medium::ALL.into_iter().filter(is_chosen).collect()
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    let scope = scope(arguments);
    let preset = arguments.preset_file.preset(&arguments.preset);
    stop_on_interrupt();
    let result = network::block_on(async {
        let services = network::connect(&arguments.config).await?;
        match arguments.mode {
            Mode::DryRun => dry_run(arguments, &services, &scope).await,
            Mode::Live => live(arguments, &services, &scope, &preset).await,
        }
    });
    result.unwrap_or_else(|error| {
        eprintln!("{}", error_text(&"sync", &error));
        Outcome::Failed
    })
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
        policy: arguments.policy.policy(),
        users_at_once: arguments.users_at_once.into(),
    }
}

/// Accounts whose handle matches a pattern, whatever the case. Ends the process with a usage error if it is none.
pub(super) fn matching(pattern: &str) -> Accounts {
    match RegexBuilder::new(pattern).case_insensitive(true).build() {
        Ok(pattern) => Accounts::Matching(pattern),
        Err(error) => usage_error(format!("--user is not a regular expression: {error}")),
    }
}

async fn dry_run(arguments: &Arguments, services: &Services, scope: &Scope) -> Result<Outcome> {
    let progress = Arc::new(SyncProgress::planning());
    let watch: Arc<dyn sync::Watch> = progress.clone();
    let report = sync::dry_run(services, scope, &watch).await?;
    progress.finish();
    if arguments.json {
        self::report::plan_json(&report, services);
    } else {
        self::report::plan(&report, services);
    }
    Ok(outcome(&report))
}

async fn live(arguments: &Arguments, services: &Services, scope: &Scope, preset: &Preset) -> Result<Outcome> {
    let progress = Arc::new(SyncProgress::live());
    let watch: Arc<dyn sync::Watch> = progress.clone();
    let report = sync::live(services, scope, preset, &watch).await?;
    progress.finish();
    if arguments.report.is_none() && !report.has_work() && !report.has_failures() {
        eprintln!("nothing to do");
        return Ok(outcome(&report));
    }
    let path = self::report::write(&report, arguments.report.as_deref(), "sync")?;
    if arguments.json {
        self::report::done_json(&report);
    } else {
        self::report::done(&report, progress.elapsed(), &path);
    }
    Ok(outcome(&report))
}

/// What the command comes to that has made this report.
pub(super) fn outcome(report: &Report) -> Outcome {
    if interrupted() {
        eprintln!("error: interrupted; what was done stays, and another run goes on from there");
        Outcome::Interrupted
    } else if report.has_failures() {
        Outcome::Failed
    } else if report.has_work() {
        Outcome::Done
    } else {
        Outcome::NothingToDo
    }
}
