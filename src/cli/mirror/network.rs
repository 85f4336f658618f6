//! Shared parts of the commands that talk to servers: configuration, clients, and the runtime.

use std::fmt::Display;
use std::sync::LazyLock;
use std::time::Duration;

use clap::Args;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::error::Result;
use crate::remote::Waits;
use crate::remote::pds::Pds;
use crate::sync::{Accounts, Scope, Services};

use super::config::ConfigFile;
use super::waiting;
use crate::cli::headings::SERVERS;
use crate::cli::outcome::{Outcome, usage_error};
use crate::cli::progress::stop_on_interrupt_and;
use crate::cli::report::{ended, say};

/// Cancelled by Ctrl-C.
static STOP: LazyLock<CancellationToken> = LazyLock::new(CancellationToken::new);

/// The token that stops the work of this process.
pub fn stop() -> CancellationToken {
    STOP.clone()
}

/// How to talk to servers.
#[derive(Debug, Args)]
#[command(next_help_heading = SERVERS)]
pub struct ServerArguments {
    /// Wait up to TIME for a server that limits its rate: 90s, 10m, 2h, 3d; postpone work that must wait longer
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = time)]
    patience: Duration,
    #[command(flatten)]
    file: ConfigFile,
}

/// `90s`, `10m`, `2h`, `3d`
pub fn time(text: &str) -> std::result::Result<Duration, String> {
    let wrong = || format!("{text:?} is not a time such as 90s, 10m, 2h or 3d");
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u32 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

/// Connects to all servers, does the work, and reports an error. Ctrl-C sets a token that the work checks.
pub fn run(
    subject: &impl Display,
    servers: &ServerArguments,
    work: impl AsyncFnOnce(Services) -> Result<Outcome>,
) -> Outcome {
    stop_on_interrupt_and(|| STOP.cancel());
    ask(subject, servers, async |config, waits| work(Services::connect(&config, waits).await?).await)
}

/// Does work that connects to servers by itself, and reports an error.
pub fn ask(
    subject: &impl Display,
    servers: &ServerArguments,
    work: impl AsyncFnOnce(Config, Waits) -> Result<Outcome>,
) -> Outcome {
    answer(servers, work).unwrap_or_else(|error| ended(subject, &error))
}

/// As [`ask`], but returns the error. Meanwhile shows what servers make the work wait for.
pub fn answer<T>(servers: &ServerArguments, work: impl AsyncFnOnce(Config, Waits) -> Result<T>) -> Result<T> {
    let config = servers.file.load()?;
    let waits = Waits::new(servers.patience, stop());
    runtime().block_on(waiting::shown(&waits, Box::pin(work(config, waits.clone()))))
}

/// The runtime of the process. It is never dropped: the database's driver panics in tasks that end with their runtime.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        runtime.unwrap_or_else(|error| usage_error(format!("cannot start threads: {error}")))
    });
    &RUNTIME
}

/// Prints a note if a missing index makes work on many accounts slow. Says nothing if the database does not tell.
pub async fn tell_what_is_slow(services: &Services, scope: &Scope) {
    if matches!(scope.accounts, Accounts::Of(_)) {
        return;
    }
    for medium in services.mongo.slow_media(&scope.media).await.unwrap_or_default() {
        say(format!(
            "note: {} has no index on user, so every account reads all of it; telecine doctor prints the command",
            medium.plural()
        ));
    }
}

/// A client of the PDS; sends no request yet.
pub fn pds(config: &Config, waits: Waits) -> Result<Pds> {
    Pds::sharing(waits, &config.pds_url()?, config.pds_bypass_key())
}
