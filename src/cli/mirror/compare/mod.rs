//! `telecine compare`: compares MongoDB with the PDS, item by item.

mod page;
mod summary;
mod text;

use std::path::PathBuf;

use clap::Args;

use super::network::{self, ServerArguments};
use super::selection::{AccountsArguments, AtOnceArgument, MediaArguments, NukedArguments};
use crate::cli::headings::{OUTPUT, SELECTION};
use crate::cli::outcome::Outcome;
use crate::cli::report::{json, line, lines, say};
use page::Page;

pub use page::bar;
pub use summary::{Summary, scope, summarize};
pub use text::accounts;

/// Compare MongoDB with the PDS, item by item
///
/// Changes nothing. Each line starts with a symbol: `+` missing on the PDS, `*` different, `&` duplicate, `-` on the
/// PDS but not in MongoDB, `!` file missing or damaged, `?` no record can be made. `telecine sync` repairs all but the
/// last two.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine compare jeffrey
  telecine compare --anonymous --types tapes --download
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
    /// Also download every file that a record refers to, and verify its hash
    #[arg(long, help_heading = SELECTION)]
    download: bool,
    /// Write a page with counts, problems and some thumbnails to FILE, an .html or .md
    #[arg(long, value_name = "FILE", value_parser = page::file, help_heading = OUTPUT)]
    report: Option<PathBuf>,
    #[command(flatten)]
    at_once: AtOnceArgument,
    /// Print JSON: one object per account, then the total
    #[arg(long, help_heading = OUTPUT)]
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
        Ok(Outcome::of_work(!summary.is_identical(), true))
    })
}
