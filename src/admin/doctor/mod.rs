//! Finds problems before a sync runs into them. Only reads.
//!
//! Independent checks run in parallel; findings come in a fixed order. A skipped check states the reason.

mod both_sides;
mod database;
mod finding;
mod machine;
mod server;
mod settings;
mod storage;

use crate::config::Config;
use crate::remote::Waits;

pub use finding::{Finding, Level};
pub use machine::{Room, room};

/// Runs all checks.
pub async fn examine(config: &Config, waits: &Waits) -> Vec<Finding> {
    let (database, server, storage, machine) = tokio::join!(
        database::look(config),
        server::look(config, waits),
        storage::look(config, waits),
        machine::look()
    );
    let together = both_sides::look(database.mongo.as_ref(), server.server.as_ref()).await;
    let groups = [settings::look(config), database.findings, server.findings, together, storage, machine];
    groups.into_iter().flatten().collect()
}
