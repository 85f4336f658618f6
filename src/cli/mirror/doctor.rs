//! `telecine doctor`: everything that would spoil a sync, before it does.

use clap::Args;

use super::network::{self, ServerArguments};
use crate::admin::doctor::{Finding, Level, examine};
use crate::cli::outcome::Outcome;
use crate::cli::report::{ended, json, line};

/// Look at everything that a sync needs, and say what to do about what is wrong
///
/// Changes nothing. Ends with status 1 if anything fails.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine doctor
  telecine doctor --json | jq 'select(.level == \"fail\")'")]
pub struct Arguments {
    /// Print a JSON object for each finding
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    servers: ServerArguments,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    let findings = network::answer(&arguments.servers, async |config, waits| Ok(examine(&config, &waits).await));
    let findings = match findings {
        Ok(findings) => findings,
        Err(error) => return ended(&"settings", &error),
    };
    if arguments.json {
        findings.iter().for_each(json);
    } else {
        let widest = findings.iter().map(|finding| finding.what.chars().count()).max().unwrap_or_default();
        for finding in &findings {
            line(text(finding, widest));
        }
    }
    Outcome::of_work(findings.iter().any(|finding| finding.level == Level::Fail), true)
}

fn text(finding: &Finding, width: usize) -> String {
    let Finding { level, what, detail, remedy } = finding;
    let level = match level {
        Level::Ok => "ok",
        Level::Warn => "warn",
        Level::Fail => "fail",
        Level::Skip => "skip",
    };
    let remedy = remedy.as_ref().map(|remedy| format!(" — {remedy}")).unwrap_or_default();
    format!("{level:4}  {what:width$}  {detail}{remedy}")
}
