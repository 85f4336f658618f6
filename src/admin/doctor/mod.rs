//! Everything that would spoil a sync, looked at before it does. Reads only.
//!
//! What does not depend on each other is looked at side by side; the findings come in one fixed order. What could not be
//! looked at says why.

mod both_sides;
mod database;
mod machine;
mod server;
mod settings;
mod storage;

use serde::Serialize;

use crate::config::Config;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// A sync works, but not as well as it could.
    Warn,
    /// A sync fails, or some of it.
    Fail,
    /// Nobody knows.
    Skip,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What was looked at: `pds clock`.
    pub what: String,
    /// What it is like.
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Finding {
    fn new(level: Level, what: impl Into<String>, detail: impl Into<String>) -> Self {
        Finding { level, what: what.into(), detail: detail.into(), remedy: None }
    }

    fn ok(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Finding::new(Level::Ok, what, detail)
    }

    fn warn(what: impl Into<String>, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Finding { remedy: Some(remedy.into()), ..Finding::new(Level::Warn, what, detail) }
    }

    fn fail(what: impl Into<String>, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Finding { remedy: Some(remedy.into()), ..Finding::new(Level::Fail, what, detail) }
    }

    /// `because` names what has failed: "mongodb cannot be reached".
    fn skip(what: impl Into<String>, because: &str) -> Self {
        Finding::new(Level::Skip, what, format!("not looked at, for {because}"))
    }
}

/// Looks at everything.
pub async fn examine(config: &Config) -> Vec<Finding> {
    let (database, server, storage, machine) =
        tokio::join!(database::look(config), server::look(config), storage::look(config), machine::look());
    let together = both_sides::look(database.mongo.as_ref(), server.server.as_ref()).await;
    let groups = [settings::look(config), database.findings, server.findings, together, storage, machine];
    groups.into_iter().flatten().collect()
}
