//! Everything that would spoil the service, looked at before it does: what a sync needs, and what the service needs besides.
//! Changes nothing.

mod callback;
mod database;
mod listen;
mod queue;
mod settings;

use crate::admin::doctor::{self, Finding};
use crate::config::Config;
use crate::error::Result;
use crate::remote::Waits;

/// Looks at everything.
pub async fn check(config: &Config, waits: &Waits) -> Vec<Finding> {
    let (mut findings, own) = tokio::join!(doctor::examine(config, waits), Box::pin(own(config)));
    match own {
        Ok(own) => findings.extend(own),
        Err(error) => {
            let remedy = "correct it in the environment or the config file; telecine config shows where it is from";
            findings.push(Finding::fail("service settings", error.chain().join(": "), remedy));
            let skipped = ["change stream", "oplog", "service database", "queue", "listen address", "callback"];
            findings.extend(skipped.map(|what| Finding::skip(what, "a setting of the service is wrong")));
        }
    }
    findings
}

/// What the service needs besides.
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
