//! `telecine lexicons check`: checks that lexicons are valid and compatible with the published ones.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::super::network;
use super::publisher::{PublisherArguments, changes_json};
use crate::admin::lexicons::{LexiconDiff, LexiconStep, compare, embedded};
use crate::cli::headings::{OUTPUT, SELECTION};
use crate::cli::outcome::Outcome;
use crate::cli::report::{ended, json, line, lines, table};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::record::Schema;
use crate::remote::Waits;

/// Check that lexicons are valid and compatible with the published ones
///
/// The protocol requires that old records conform to a new lexicon and new records to the old one. Exits with status 1
/// if a lexicon is invalid or incompatible.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine lexicons check
  telecine lexicons check --offline
  telecine lexicons check draft/mood.json")]
pub struct Arguments {
    /// Check these files instead of the built-in lexicons
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Do not compare with the published lexicons
    #[arg(long, help_heading = SELECTION)]
    offline: bool,
    #[command(flatten)]
    publisher: PublisherArguments,
    /// Print one JSON object per lexicon
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
}

/// The parsed files.
#[derive(Default)]
struct Read {
    schemas: Vec<Schema>,
    /// Name and reason.
    invalid: Vec<(String, String)>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    let read = match read(&arguments.files) {
        Ok(read) => read,
        Err(error) => return ended(&"lexicons", &error),
    };
    let compared = if arguments.offline {
        Ok(None)
    } else {
        let schemas = read.schemas.clone();
        network::answer(&arguments.publisher.servers, async |config, waits| {
            published(&arguments.publisher, &config, waits, schemas).await
        })
        .map(Some)
    };
    let (compared, error) = match compared {
        Ok(compared) => (compared, None),
        Err(error) => (None, Some(error)),
    };
    let is_breaking = compared.iter().flatten().any(|comparison| comparison.breaking().next().is_some());
    if arguments.json {
        print_json(&read, compared.as_deref());
    } else {
        print(&read, compared.as_deref());
    }
    let has_failed = is_breaking || !read.invalid.is_empty();
    let unknown = "the published lexicons are unknown; --offline skips the comparison";
    error.map_or(Outcome::of_work(has_failed, true), |error| ended(&unknown, &error))
}

fn read(files: &[PathBuf]) -> Result<Read> {
    if files.is_empty() {
        return Ok(Read { schemas: embedded(), ..Read::default() });
    }
    let mut read = Read::default();
    for path in files {
        let text = std::fs::read_to_string(path).map_err(Error::read(path))?;
        match Schema::parse(&text) {
            Ok(schema) => read.schemas.push(schema),
            Err(error) => read.invalid.push((path.display().to_string(), error.to_string())),
        }
    }
    Ok(read)
}

async fn published(
    publisher: &PublisherArguments,
    config: &Config,
    waits: Waits,
    schemas: Vec<Schema>,
) -> Result<Vec<LexiconDiff>> {
    let pds = network::pds(config, waits)?;
    let account = publisher.find(config).await?;
    compare(&pds, account.did.as_deref(), schemas).await
}

/// How a lexicon relates to the published one, in a word.
fn standing(comparison: &LexiconDiff) -> &'static str {
    match comparison.step() {
        LexiconStep::Create => "not published",
        LexiconStep::Keep => "same",
        LexiconStep::Update if comparison.breaking().next().is_some() => "breaking",
        LexiconStep::Update => "compatible",
    }
}

fn print(read: &Read, compared: Option<&[LexiconDiff]>) {
    let mut rows = Vec::new();
    for (index, schema) in read.schemas.iter().enumerate() {
        let standing = compared.map_or("not compared", |compared| standing(&compared[index]));
        rows.push([schema.nsid().to_owned(), "valid".into(), standing.into()]);
    }
    let invalid = read.invalid.iter().map(|(name, _)| [name.clone(), "invalid".into(), String::new()]);
    rows.extend(invalid);
    lines(table(["lexicon", "language", "published"], &rows));
    let reasons = read.invalid.iter().map(|(name, reason)| format!("invalid     {name}: {reason}"));
    let changes = compared.into_iter().flatten().flat_map(|comparison| &comparison.changes);
    let changes = changes.map(|change| {
        let kind = if change.is_breaking() { "breaking" } else { "compatible" };
        format!("{kind:10}  {change}")
    });
    let lines: Vec<_> = reasons.chain(changes).collect();
    if !lines.is_empty() {
        line("");
        lines.into_iter().for_each(line);
    }
}

fn print_json(read: &Read, compared: Option<&[LexiconDiff]>) {
    for (index, schema) in read.schemas.iter().enumerate() {
        let comparison = compared.map(|compared| &compared[index]);
        let changes = comparison.map(|comparison| changes_json(&comparison.changes));
        let standing = comparison.map(standing);
        json(&json!({ "lexicon": schema.nsid(), "valid": true, "published": standing, "changes": changes }));
    }
    for (name, reason) in &read.invalid {
        json(&json!({ "lexicon": name, "valid": false, "reason": reason }));
    }
}
