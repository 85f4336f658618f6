//! What the doctor found: how bad it is, and what to do about it.

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, but not as well as it could.
    Warn,
    /// It fails, or some of it.
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
    /// The state that it is in.
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Finding {
    /// Of any level, with nothing to do about it.
    pub fn new(level: Level, what: impl Into<String>, detail: impl Into<String>) -> Self {
        Finding { level, what: what.into(), detail: detail.into(), remedy: None }
    }

    /// It is as it should be.
    pub fn ok(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Finding::new(Level::Ok, what, detail)
    }

    /// It does not work as well as it could.
    pub fn warn(what: impl Into<String>, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Finding { remedy: Some(remedy.into()), ..Finding::new(Level::Warn, what, detail) }
    }

    /// It fails.
    pub fn fail(what: impl Into<String>, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Finding { remedy: Some(remedy.into()), ..Finding::new(Level::Fail, what, detail) }
    }

    /// `because` names what has failed: "mongodb cannot be reached".
    pub fn skip(what: impl Into<String>, because: &str) -> Self {
        Finding::new(Level::Skip, what, format!("not looked at, for {because}"))
    }
}
