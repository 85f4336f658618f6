//! `telecine health`: checks the service on this machine, for containers and monitors.

use clap::Args;

use super::config::ConfigFile;
use super::network;
use crate::cli::headings::SERVICE;
use crate::cli::outcome::Outcome;
use crate::cli::report::{ended, json};
use crate::error::Result;
use crate::serve::{Answer, probe};

/// Check whether the service on this machine is alive
#[derive(Debug, Args)]
#[command(after_help = "\
Sends a request to the address in TELECINE_LISTEN, and prints the response. The
exit status is 1 if the service responds with an error, or not within 5 seconds.

Examples:
  telecine health
  telecine health --ready")]
pub struct Arguments {
    /// Check whether the service can accept work, which needs MongoDB
    #[arg(long, help_heading = SERVICE)]
    ready: bool,
    #[command(flatten)]
    file: ConfigFile,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    match network::runtime().block_on(ask(arguments)) {
        Ok(answer) => {
            json(&answer.body);
            if answer.is_good { Outcome::Done } else { Outcome::Failed }
        }
        Err(error) => ended(&"health", &error),
    }
}

async fn ask(arguments: &Arguments) -> Result<Answer> {
    let service = arguments.file.load()?.service()?;
    probe(service.listen, if arguments.ready { "/ready" } else { "/health" }).await
}
