//! What commands that talk to servers have in common: configuration, clients, and a runtime to wait in.

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
use crate::cli::outcome::{Outcome, usage_error};
use crate::cli::progress::stop_on_interrupt_and;
use crate::cli::report::{ended, say};

/// Cancelled by Ctrl-C.
static STOP: LazyLock<CancellationToken> = LazyLock::new(CancellationToken::new);

/// What ends the work of this process.
pub fn stop() -> CancellationToken {
    STOP.clone()
}

/// How to talk to servers.
#[derive(Debug, Args)]
pub struct ServerArguments {
    /// Wait no longer than so for a server that limits its rate: 90s, 10m, 2h, 3d. What would take longer is put off
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = time)]
    patience: Duration,
    #[command(flatten)]
    file: ConfigFile,
}

/// `90s`, `10m`, `2h`, `3d`
pub fn time(text: &str) -> std::result::Result<Duration, String> {
    let wrong = || format!("{text:?} is no time such as 90s, 10m, 2h or 3d");
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

/// Connects to everything, does the work, and reports what ended it. Ctrl-C is a wish that the work may ask for.
pub fn run(
    subject: &impl Display,
    servers: &ServerArguments,
    work: impl AsyncFnOnce(Services) -> Result<Outcome>,
) -> Outcome {
    stop_on_interrupt_and(|| STOP.cancel());
    ask(subject, servers, async |config, waits| work(Services::connect(&config, waits).await?).await)
}

/// Does what talks to servers only here and there, and reports what ended it.
pub fn ask(
    subject: &impl Display,
    servers: &ServerArguments,
    work: impl AsyncFnOnce(Config, Waits) -> Result<Outcome>,
) -> Outcome {
    answer(servers, work).unwrap_or_else(|error| ended(subject, &error))
}

/// The same, where what ends it is the caller's. Shows what is waited for meanwhile.
pub fn answer<T>(servers: &ServerArguments, work: impl AsyncFnOnce(Config, Waits) -> Result<T>) -> Result<T> {
    let config = servers.file.load()?;
    let waits = Waits::new(servers.patience, stop());
    runtime().block_on(waiting::shown(&waits, Box::pin(work(config, waits.clone()))))
}

/// Where everything waits. It is never dropped: the database's driver panics in tasks that end with their runtime.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        runtime.unwrap_or_else(|error| usage_error(format!("cannot start threads: {error}")))
    });
    &RUNTIME
}

/// Says what makes a look at many accounts slow, if something does. A database that does not tell is none of that.
pub async fn tell_what_is_slow(services: &Services, scope: &Scope) {
    if matches!(scope.accounts, Accounts::Of(_)) {
        return;
    }
    for medium in services.mongo.slow_media(&scope.media).await.unwrap_or_default() {
        say(format!(
            "note: {} has no index on user, so that all of it is read for every account; telecine doctor has the command",
            medium.plural()
        ));
    }
}

/// The PDS, which has not been asked anything yet.
pub fn pds(config: &Config, waits: Waits) -> Result<Pds> {
    Pds::sharing(waits, &config.pds_url()?, config.pds_bypass_key())
}
