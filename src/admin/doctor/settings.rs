//! The settings: which are not set, and what that costs.

use super::finding::{Finding, Level};
use crate::config::Config;
use crate::error::Advice;

/// What one goes without where a setting that may be left out is.
const OPTIONAL: [(&str, &str); 4] = [
    ("PDS_ADMIN_PASSWORD", "accounts cannot be created where invite codes are needed"),
    ("PDS_RATE_LIMIT_BYPASS_KEY", "rate limits hold"),
    ("ART_SPACES_KEY", "only public files are read"),
    ("ART_SPACES_SECRET", "only public files are read"),
];

pub fn look(config: &Config) -> Vec<Finding> {
    let errors = [
        config.mongodb_connection_string().err(),
        config.pds_url().err(),
        config.spaces_keys().err(),
        config.spaces_endpoint().err(),
    ];
    let failed = errors.into_iter().flatten().map(|error| match error.advice() {
        Some(Advice::Set) => {
            Finding::fail("settings", error.to_string(), "put it into the environment or the config file")
        }
        // The texts of others say what to do.
        _ => Finding::new(Level::Fail, "settings", error.to_string()),
    });
    let mut findings: Vec<_> = failed.collect();
    if findings.is_empty() {
        let unset = config.shown().into_iter().filter(|shown| shown.value.is_none());
        // The service says itself what it lacks.
        let costs = unset.filter_map(|shown| {
            let (name, cost) = OPTIONAL.iter().find(|(name, _)| *name == shown.name)?;
            Some(format!("without {name} {cost}"))
        });
        let costs: Vec<_> = costs.collect();
        let detail = if costs.is_empty() { "all are set".into() } else { costs.join(", ") };
        findings.push(Finding::ok("settings", detail));
    }
    findings
}
