//! `telecine health`: asks the service on this machine how it is, for containers and monitors.

use clap::Args;

use super::config::ConfigFile;
use super::network;
use crate::cli::outcome::Outcome;
use crate::cli::report::{ended, json};
use crate::error::Result;
use crate::serve::{Answer, probe};

/// Ask the service on this machine whether it is alive
#[derive(Debug, Args)]
#[command(after_help = "\
The command asks the address in TELECINE_LISTEN, and prints the response. It ends with status 1 if the service does
not respond within 5 seconds, or responds with an error.

Examples:
  telecine health
  telecine health --ready")]
pub struct Arguments {
    /// Ask whether the service can accept work, which needs MongoDB
    #[arg(long)]
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
