//! `telecine compare`: MongoDB against the PDS, item by item.

mod page;
mod summary;
mod text;

use std::path::PathBuf;

use clap::Args;

use super::network::{self, ServerArguments};
use super::selection::{AccountsArguments, AtOnceArgument, MediaArguments, NukedArguments};
use crate::cli::outcome::Outcome;
use crate::cli::report::{json, line, lines, say};
use page::Page;

pub use page::bar;
pub use summary::{Summary, scope, summarize};
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
        Ok(Outcome::of_work(!summary.is_identical(), true))
    })
}
