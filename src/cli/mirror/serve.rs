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
use crate::cli::outcome::Outcome;
use crate::cli::progress::stop_on_interrupt_and;
use crate::cli::report::{ended, say};

/// Bake tapes and mirror media as they are made, until stopped
#[derive(Debug, Args)]
#[command(after_help = "\
It answers the routes of the oven (/bake, /status, /health and so on), gives out tapes under /media/tapes/CODE, and
follows the changes in MongoDB. Its settings are those that `telecine config` lists; CALLBACK_SECRET opens /bake.

SIGTERM and Ctrl-C stop it: what was begun is finished or handed back. A second one ends it at once.

--check looks at everything that the service needs, and says what to do about what is wrong. It starts nothing, changes
nothing, and ends with status 1 if anything fails.

Examples:
  telecine serve --check
  telecine serve
  TELECINE_LISTEN=127.0.0.1:3003 TELECINE_PUBLISH=telecine telecine serve --drain 5m
  telecine serve --queue nats://queue.internal:4222 --role worker")]
pub struct Arguments {
    /// Let work that was begun go on for so long when the service is stopped: 30s, 5m
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = network::time)]
    drain: Duration,
    /// Do this of the service's work: all, front (answer requests and follow changes) or worker (do jobs)
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Option<Role>,
    /// Let these NATS servers bring jobs to workers
    #[arg(
        long,
        value_name = "ADDRESS",
        help = "Let this NATS server bring jobs to workers: nats://host:4222. Set TELECINE_QUEUE instead if the address has a password"
    )]
    queue: Option<String>,
    /// Look whether the service would work here, and start nothing
    #[arg(long)]
    check: bool,
    /// With --check, print a JSON object for each finding
    #[arg(long, requires = "check")]
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

/// The settings, with what the arguments say.
fn configured(arguments: &Arguments) -> Result<Config> {
    let role = arguments.role.map(|role| role.name().to_owned());
    let config = arguments.file.load()?.with_argument("TELECINE_ROLE", role);
    Ok(config.with_argument("TELECINE_QUEUE", arguments.queue.clone()))
}

fn role(text: &str) -> std::result::Result<Role, String> {
    Role::named(text).ok_or_else(|| "there are all, front and worker".into())
}

async fn check(arguments: &Arguments) -> Result<Vec<Finding>> {
    let config = configured(arguments)?;
    Ok(serve::check(&config, &Waits::new(PATIENCE, network::stop())).await)
}

async fn serve(arguments: &Arguments, preset: Preset) -> Result<()> {
    let config = configured(arguments)?;
    let service = Service::connect(&config, preset, POLICY, network::stop()).await?;
    if service.config.callback_secret.is_none() {
        say("warning: CALLBACK_SECRET is not set; /bake refuses everybody");
    }
    let listener = serve::listen(&service).await?;
    if let Ok(address) = listener.local_addr() {
        say(format!("listening on http://{address}"));
    }
    serve::serve(service, listener, arguments.drain).await
}
