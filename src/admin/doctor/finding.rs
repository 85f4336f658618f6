//! Findings of the doctor, with their severity and remedies.

use serde::Serialize;

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, with drawbacks.
    Warn,
    /// It fails, at least in part.
    Fail,
    /// It was not checked.
    Skip,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The severity.
    pub level: Level,
    /// The thing checked: `pds clock`.
    pub what: String,
    /// Its state.
    pub detail: String,
    /// The remedy, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Finding {
    /// A finding of any level, without a remedy.
    pub fn new(level: Level, what: impl Into<String>, detail: impl Into<String>) -> Self {
        Finding { level, what: what.into(), detail: detail.into(), remedy: None }
    }

    /// A check that passed.
    pub fn ok(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Finding::new(Level::Ok, what, detail)
    }

    /// A check that passed with drawbacks.
    pub fn warn(what: impl Into<String>, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Finding { remedy: Some(remedy.into()), ..Finding::new(Level::Warn, what, detail) }
    }

    /// A check that failed.
    pub fn fail(what: impl Into<String>, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Finding { remedy: Some(remedy.into()), ..Finding::new(Level::Fail, what, detail) }
    }

    /// A check that was skipped. `because` is the reason: "mongodb cannot be reached".
    pub fn skip(what: impl Into<String>, because: &str) -> Self {
        Finding::new(Level::Skip, what, format!("skipped: {because}"))
    }
}
