//! `telecine doctor`: finds problems before a sync runs into them.

use clap::Args;

use super::findings;
use super::network::{self, ServerArguments};
use crate::admin::doctor::examine;
use crate::cli::headings::OUTPUT;
use crate::cli::outcome::Outcome;
use crate::cli::report::ended;

/// Check everything that a sync needs, and suggest remedies
///
/// Changes nothing. Exits with status 1 if a check fails.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine doctor
  telecine doctor --json | jq 'select(.level == \"fail\")'")]
pub struct Arguments {
    /// Print one JSON object per finding
    #[arg(long, help_heading = OUTPUT)]
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
    findings::told(&findings, arguments.json)
}
