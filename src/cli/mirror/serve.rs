//! `telecine serve`: the service.

use std::time::Duration;

use clap::Args;

use crate::admin::doctor::Finding;
use crate::config::{Config, Role};
use crate::error::Result;
use crate::remote::{PATIENCE, Waits};
use crate::serve::{self, Service};
use crate::video::Preset;

use super::config::ConfigFile;
use super::findings;
use super::item::POLICY;
use super::network;
use super::preset::PresetArguments;
use crate::cli::headings::{OUTPUT, SERVICE};
use crate::cli::outcome::Outcome;
use crate::cli::progress::stop_on_interrupt_and;
use crate::cli::report::{ended, say};

/// Run the service: bake tapes and mirror media as they are made
#[derive(Debug, Args)]
#[command(after_help = "\
The service answers the oven's routes (/bake, /status, /health and others), serves tapes under /media/tapes/CODE, and \
follows changes in MongoDB. `telecine config` lists its settings; /bake needs CALLBACK_SECRET.

SIGTERM and Ctrl-C stop the service: running work is finished or handed back. A second signal stops it at once.

--check tests everything that the service needs, and suggests remedies. It starts nothing, changes nothing, and exits \
with status 1 if a check fails.

Examples:
  telecine serve --check
  telecine serve
  TELECINE_LISTEN=127.0.0.1:3003 telecine serve --drain 5m
  telecine serve --queue nats://queue.internal:4222 --role worker")]
pub struct Arguments {
    /// When the service stops, let running work continue for up to TIME: 30s, 5m
    #[arg(
        long,
        value_name = "TIME",
        default_value = "1m",
        value_parser = network::time,
        help_heading = SERVICE
    )]
    drain: Duration,
    /// Part of the work to do: all, front (answer requests and follow changes) or worker (run jobs) [default: all]
    #[arg(long, value_name = "ROLE", value_parser = role, help_heading = SERVICE)]
    role: Option<Role>,
    #[arg(
        long,
        value_name = "ADDRESS",
        help_heading = SERVICE,
        help = "Pass jobs to workers through this NATS server: nats://host:4222; set TELECINE_QUEUE instead if the \
                address has a password"
    )]
    queue: Option<String>,
    /// Check whether the service can run here, without starting it
    #[arg(long, help_heading = SERVICE)]
    check: bool,
    /// With --check, print one JSON object per finding
    #[arg(long, requires = "check", help_heading = OUTPUT)]
    json: bool,
    #[command(flatten)]
    preset: PresetArguments,
    #[command(flatten)]
    file: ConfigFile,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    stop_on_interrupt_and(|| network::stop().cancel());
    if arguments.check {
        return match network::runtime().block_on(check(arguments)) {
            Ok(findings) => findings::told(&findings, arguments.json),
            Err(error) => ended(&"settings", &error),
        };
    }
    let preset = arguments.preset.preset();
    match network::runtime().block_on(serve(arguments, preset)) {
        Ok(()) => Outcome::Done,
        Err(error) => ended(&"serve", &error),
    }
}

/// The settings, overridden by the arguments.
fn configured(arguments: &Arguments) -> Result<Config> {
    let role = arguments.role.map(|role| role.name().to_owned());
    let config = arguments.file.load()?.with_argument("TELECINE_ROLE", role);
    Ok(config.with_argument("TELECINE_QUEUE", arguments.queue.clone()))
}

fn role(text: &str) -> std::result::Result<Role, String> {
    Role::named(text).ok_or_else(|| "expected one of all, front, worker".into())
}

async fn check(arguments: &Arguments) -> Result<Vec<Finding>> {
    let config = configured(arguments)?;
    Ok(serve::check(&config, &Waits::new(PATIENCE, network::stop())).await)
}

async fn serve(arguments: &Arguments, preset: Preset) -> Result<()> {
    let config = configured(arguments)?;
    let service = Service::connect(&config, preset, POLICY, network::stop()).await?;
    if service.config.callback_secret.is_none() {
        say("warning: CALLBACK_SECRET is not set; /bake refuses all requests");
    }
    let listener = serve::listen(&service).await?;
    if let Ok(address) = listener.local_addr() {
        say(format!("listening on http://{address}"));
    }
    serve::serve(service, listener, arguments.drain).await
}
