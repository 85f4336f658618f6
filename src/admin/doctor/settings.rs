//! Checks of the settings: unset ones and their consequences.

use super::finding::{Finding, Level};
use crate::config::Config;
use crate::error::Advice;

/// Optional settings, and the consequence of leaving each out.
const OPTIONAL: [(&str, &str); 4] = [
    ("PDS_ADMIN_PASSWORD", "accounts cannot be created on servers that require invite codes"),
    ("PDS_RATE_LIMIT_BYPASS_KEY", "rate limits apply"),
    ("ART_SPACES_KEY", "only public files can be read"),
    ("ART_SPACES_SECRET", "only public files can be read"),
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
            Finding::fail("settings", error.to_string(), "set it in the environment or the config file")
        }
        // Other errors already name the remedy.
        _ => Finding::new(Level::Fail, "settings", error.to_string()),
    });
    let mut findings: Vec<_> = failed.collect();
    if findings.is_empty() {
        let unset = config.shown().into_iter().filter(|shown| shown.value.is_none());
        // The service checks its own settings.
        let costs = unset.filter_map(|shown| {
            let (name, cost) = OPTIONAL.iter().find(|(name, _)| *name == shown.name)?;
            Some(format!("without {name}, {cost}"))
        });
        let costs: Vec<_> = costs.collect();
        let detail = if costs.is_empty() { "all are set".into() } else { costs.join("; ") };
        findings.push(Finding::ok("settings", detail));
    }
    findings
}
