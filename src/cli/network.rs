//! What commands that talk to servers have in common: configuration, clients, and a runtime to wait in.

use std::fmt::Display;

use rayon::ThreadPoolBuilder;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::remote::mongo::Mongo;
use crate::remote::pds::Pds;
use crate::remote::spaces::Spaces;
use crate::sync::{Accounts, Buckets, Budget, Scope, Services};

use super::config::ConfigFile;
use super::progress::stop_on_interrupt;
use super::report::{error_text, say, say_lines};
use super::{Outcome, usage_error};

/// Connects to everything, does the work, and reports what ended it. Ctrl-C is a wish that the work may ask for.
pub fn run(subject: &impl Display, file: &ConfigFile, work: impl AsyncFnOnce(Services) -> Result<Outcome>) -> Outcome {
    stop_on_interrupt();
    wait_for(subject, async { work(connect(file).await?).await })
}

/// Does the work, and reports what ended it.
pub fn wait_for(subject: &impl Display, work: impl Future<Output = Result<Outcome>>) -> Outcome {
    block_on(work).unwrap_or_else(|error| {
        say_lines(error_text(subject, &error));
        if matches!(error, Error::Interrupted) { Outcome::Interrupted } else { Outcome::Failed }
    })
}

/// Waits for what talks to servers.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.unwrap_or_else(|error| usage_error(format!("cannot start threads: {error}"))).block_on(work)
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
pub fn pds(config: &Config) -> Result<Pds> {
    Pds::new(&config.pds_url()?, config.pds_bypass_key())
}

/// Connects to everything there is.
async fn connect(file: &ConfigFile) -> Result<Services> {
    let config = file.load()?;
    let pds = pds(&config)?;
    let server = pds.describe().await?;
    let pool = ThreadPoolBuilder::new().build().unwrap_or_else(|error| usage_error(error));
    let budget = Budget::new(pool.current_num_threads());
    Ok(Services {
        mongo: Mongo::connect(&config).await?,
        spaces: Spaces::new(&config)?,
        buckets: Buckets {
            users: config.user_bucket().into(),
            guests: config.art_bucket().into(),
            videos: config.blobs_bucket().into(),
        },
        pds,
        server,
        pool: pool.into(),
        budget,
    })
}
