//! `telecine status`: shows how many items of each type are on the PDS.

use clap::Args;

use crate::sync::{Accounts, Scope, Tally};

use super::compare::{self, Summary};
use super::network::{self, ServerArguments};
use super::selection::{AtOnceArgument, MediaArguments, NukedArguments};
use crate::cli::headings::OUTPUT;
use crate::cli::outcome::Outcome;
use crate::cli::remedy::in_words;
use crate::cli::report::{json, line, lines, say, table};

/// Show how many items of each type are on the PDS
///
/// `telecine compare` lists the items that are missing or differ.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine status
  telecine status --types tapes,paintings --json")]
pub struct Arguments {
    #[command(flatten)]
    media: MediaArguments,
    #[command(flatten)]
    nuked: NukedArguments,
    /// Print JSON
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
    #[command(flatten)]
    at_once: AtOnceArgument,
    #[command(flatten)]
    servers: ServerArguments,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    network::run(&"status", &arguments.servers, async |services| {
        let users = arguments.at_once.users();
        let scope = compare::scope(Accounts::All, &arguments.media, arguments.nuked.nuked(), users);
        // Spaces may be slow, or down.
        let scope = Scope { looks_for_recordings: false, ..scope };
        let (mut failures, mut has_ownerless) = (Vec::new(), false);
        let summary = compare::summarize(&services, &scope, false, |comparison| {
            has_ownerless |= comparison.has_ownerless;
            let failed = comparison.failed.iter();
            failures.extend(failed.map(|failed| {
                let remedy = failed.advice.map_or("", in_words);
                format!("{}: {}{remedy}", comparison.account, failed.reason)
            }));
        })
        .await?;
        if arguments.json {
            json(&summary);
        } else {
            print(&summary);
        }
        for failure in &failures {
            say(format!("error: {failure}"));
        }
        if has_ownerless {
            say("error: some items have no owner; telecine compare --all lists them");
        }
        Ok(Outcome::of_work(!failures.is_empty() || has_ownerless, true))
    })
}

const HEADER: [&str; 8] = ["type", "items", "done", "missing", "differs", "duplicate", "orphan", "blocked"];

fn print(summary: &Summary) {
    let row = |medium: &str, tally: &Tally| {
        let Tally { items, missing, differs, duplicate, orphan, blocked, .. } = tally;
        let counts = [missing, differs, duplicate, orphan, blocked].map(ToString::to_string);
        let [missing, differs, duplicate, orphan, blocked] = counts;
        [medium.into(), items.to_string(), compare::bar(tally), missing, differs, duplicate, orphan, blocked]
    };
    let rows: Vec<_> = summary.media.iter().map(|(medium, tally)| row(medium, tally)).collect();
    lines(table(HEADER, &rows));
    line("");
    line(compare::accounts(summary));
    let warned: usize = summary.warned.values().map(Vec::len).sum();
    if warned > 0 {
        let tapes = if warned == 1 { "tape was" } else { "tapes were" };
        line(format!("warnings   {warned} {tapes} published with warnings; --json lists them"));
    }
}
