//! `telecine compare`: MongoDB against the PDS, item by item.

mod page;
mod text;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use futures_util::StreamExt;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::sync::{
    self, AccountComparison, Accounts, Guards, Items, Nuked, Orphans, Policy, Scope, Services, Tally, Warned,
};

use super::Outcome;
use super::network::{self, ServerArguments};
use super::progress::interrupted;
use super::report::{json, line, lines, say};
use super::selection::{AccountsArguments, AtOnceArgument, MediaArguments, NukedArguments};
use super::sync::SyncProgress;
use page::Page;

pub use page::bar;
pub use text::accounts;

/// Compare MongoDB with the PDS, item by item; nothing is changed
///
/// Every line begins with what is the matter: `+` missing on the PDS, `*` different there, `&` there twice, `-` there
/// and not in MongoDB, `!` there with a file that is gone or damaged, `?` no record can be made. `telecine sync`
/// mends all but the last two.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine compare jeffrey
  telecine compare --anonymous --tapes-only --download
  telecine compare --all --report migration.html
  telecine compare --all --json | jq 'select(.findings != [])'

Exit status: 0 identical, 1 something differs.")]
pub struct Arguments {
    #[command(flatten)]
    accounts: AccountsArguments,
    #[command(flatten)]
    media: MediaArguments,
    #[command(flatten)]
    nuked: NukedArguments,
    /// Also fetch every file that a record refers to, and check it against its hash
    #[arg(long)]
    download: bool,
    /// Write a page with counts, problems and some thumbnails: FILE.html or FILE.md
    #[arg(long, value_name = "FILE", value_parser = page::file)]
    report: Option<PathBuf>,
    #[command(flatten)]
    at_once: AtOnceArgument,
    /// Print JSON: an object for each account, then the sum
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    servers: ServerArguments,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    network::run(&"compare", &arguments.servers, async |services| {
        let accounts = arguments.accounts.find(&services.mongo).await?;
        let scope = scope(accounts, &arguments.media, arguments.nuked.nuked(), arguments.at_once.users());
        let mut page = arguments.report.as_deref().map(Page::new).transpose()?;
        let summary = summarize(&services, &scope, arguments.download, |comparison| {
            if arguments.json {
                json(comparison);
            } else {
                text::lines(comparison).into_iter().for_each(line);
            }
            for warning in text::warnings(comparison) {
                say(warning);
            }
            if let Some(page) = &mut page {
                page.add(comparison);
            }
        })
        .await?;
        if arguments.json {
            json(&summary);
        } else {
            text::summary(&summary).into_iter().for_each(lines);
        }
        if let Some(page) = page {
            page.write(&services, &summary).await?;
        }
        Ok(if summary.is_identical() { Outcome::Done } else { Outcome::Failed })
    })
}

/// All items of these accounts and media.
pub fn scope(accounts: Accounts, media: &MediaArguments, nuked: Nuked, users_at_once: usize) -> Scope {
    Scope {
        media: media.media(),
        accounts,
        items: Items::All,
        limit: None,
        policy: Policy { nuked, orphans: Orphans::Report },
        guards: Guards::default(),
        looks_for_recordings: true,
        users_at_once,
    }
}

/// What all comparisons come to.
#[derive(Default, Serialize)]
pub struct Summary {
    /// How many accounts were compared.
    pub accounts: usize,
    /// How many of them say the same on both sides.
    pub identical: usize,
    /// Why accounts cannot have records, and how many there are of each.
    pub blocked: BTreeMap<&'static str, usize>,
    /// How many accounts could not be compared.
    pub failed: usize,
    /// How many items and records stand how, by medium.
    pub media: BTreeMap<&'static str, Tally>,
    /// Tapes that were published although something is odd about them, by account.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub warned: BTreeMap<String, Vec<Warned>>,
}

impl Summary {
    /// Whether both sides say the same everywhere.
    pub fn is_identical(&self) -> bool {
        self.identical == self.accounts
    }

    fn add(&mut self, comparison: &AccountComparison) {
        self.accounts += 1;
        self.identical += usize::from(comparison.is_identical());
        self.failed += usize::from(comparison.failed.is_some());
        if let Some(reason) = comparison.blocked {
            *self.blocked.entry(reason).or_default() += 1;
        }
        if !comparison.warned.is_empty() {
            self.warned.insert(comparison.account.clone(), comparison.warned.clone());
        }
        for (medium, tally) in &comparison.media {
            *self.media.entry(medium).or_default() += *tally;
        }
    }
}

/// Compares, shows progress, and tells of every account as it is done.
///
/// # Errors
/// What keeps the accounts from being listed.
pub async fn summarize(
    services: &Services,
    scope: &Scope,
    download: bool,
    mut tell: impl FnMut(&AccountComparison),
) -> Result<Summary> {
    network::tell_what_is_slow(services, scope).await;
    let progress = Arc::new(SyncProgress::planning());
    let watch: Arc<dyn sync::Watch> = progress.clone();
    let mut comparisons = std::pin::pin!(sync::compare(services, scope, download, &watch).await?);
    let mut summary = Summary::default();
    while let Some(comparison) = comparisons.next().await {
        summary.add(&comparison);
        progress.suspend(|| tell(&comparison));
    }
    progress.finish();
    if interrupted() { Err(Error::Interrupted) } else { Ok(summary) }
}
