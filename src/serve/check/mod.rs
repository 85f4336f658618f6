//! Checks everything that the service needs, including the needs of a sync. Changes nothing.

mod callback;
mod database;
mod listen;
mod queue;
mod settings;

use crate::admin::doctor::{self, Finding};
use crate::config::Config;
use crate::error::Result;
use crate::remote::Waits;

/// Runs all checks.
pub async fn check(config: &Config, waits: &Waits) -> Vec<Finding> {
    let (mut findings, own) = tokio::join!(doctor::examine(config, waits), Box::pin(own(config)));
    match own {
        Ok(own) => findings.extend(own),
        Err(error) => {
            let remedy = "correct it in the environment or the config file; telecine config shows its source";
            findings.push(Finding::fail("service settings", error.chain().join(": "), remedy));
            let skipped = ["change stream", "oplog", "service database", "queue", "listen address", "callback"];
            findings.extend(skipped.map(|what| Finding::skip(what, "a setting of the service is invalid")));
        }
    }
    findings
}

/// The checks that only the service needs.
async fn own(config: &Config) -> Result<Vec<Finding>> {
    let service = config.service()?;
    let (database, queue, listen, callback) = tokio::join!(
        database::look(config, &service),
        Box::pin(queue::look(config, &service)),
        listen::look(service.listen),
        callback::look(&service)
    );
    let groups = [settings::look(config, &service), database, vec![queue, listen], callback];
    Ok(groups.into_iter().flatten().collect())
}
