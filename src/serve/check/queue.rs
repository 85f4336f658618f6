//! Checks that the queue responds.

use tokio_util::sync::CancellationToken;

use crate::admin::doctor::Finding;
use crate::config::{Config, ServiceConfig};
use crate::error::Result;
use crate::remote::Mongo;
use crate::serve::queue;
use crate::serve::store::Store;

const WHAT: &str = "queue";

/// Checks the queue.
pub async fn look(config: &Config, service: &ServiceConfig) -> Finding {
    match described(config, service).await {
        Ok(description) => Finding::ok(WHAT, description),
        Err(error) => {
            let remedy = "start nats-server with --jetstream, or correct TELECINE_QUEUE; until then, jobs start late";
            Finding::fail(WHAT, error.chain().join(": "), remedy)
        }
    }
}

async fn described(config: &Config, service: &ServiceConfig) -> Result<String> {
    let store = Store::at(&Mongo::connect(config).await?, &service.database);
    queue::open(service, &store, &CancellationToken::new()).await?.look().await
}
