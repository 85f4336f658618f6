//! `telecine doctor`: everything that would spoil a sync, before it does.

use clap::Args;

use super::findings;
use super::network::{self, ServerArguments};
use crate::admin::doctor::examine;
use crate::cli::outcome::Outcome;
use crate::cli::report::ended;

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
    findings::told(&findings, arguments.json)
}
