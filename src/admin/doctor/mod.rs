//! Everything that would spoil a sync, looked at before it does. Reads only.
//!
//! What does not depend on each other is looked at side by side; the findings come in one fixed order. What could not be
//! looked at says why.

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

/// Looks at everything.
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
