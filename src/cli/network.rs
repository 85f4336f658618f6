//! What commands that talk to servers have in common: configuration, clients, and a runtime to wait in.

use std::fmt::Display;

use rayon::ThreadPoolBuilder;
use tokio::sync::Semaphore;

use crate::error::{Error, Result};
use crate::remote::mongo::Mongo;
use crate::remote::pds::Pds;
use crate::remote::spaces::Spaces;
use crate::sync::{Buckets, Services};

use super::config::ConfigFile;
use super::progress::stop_on_interrupt;
use super::report::error_text;
use super::{Outcome, usage_error};

/// Connects, does the work, and reports what ended it. Ctrl-C is a wish that the work may ask for.
pub fn run(subject: &impl Display, file: &ConfigFile, work: impl AsyncFnOnce(Services) -> Result<Outcome>) -> Outcome {
    stop_on_interrupt();
    let result = block_on(async { work(connect(file).await?).await });
    result.unwrap_or_else(|error| {
        eprintln!("{}", error_text(subject, &error));
        if matches!(error, Error::Interrupted) { Outcome::Interrupted } else { Outcome::Failed }
    })
}

/// Waits for what talks to servers.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.unwrap_or_else(|error| usage_error(format!("cannot start threads: {error}"))).block_on(work)
}

/// Connects to everything there is.
async fn connect(file: &ConfigFile) -> Result<Services> {
    let config = file.load()?;
    let pds = Pds::new(&config.pds_url()?, config.pds_bypass_key())?;
    let server = pds.describe().await?;
    let pool = ThreadPoolBuilder::new().build().unwrap_or_else(|error| usage_error(error));
    let encoders = Semaphore::new(pool.current_num_threads());
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
        encoders,
    })
}
