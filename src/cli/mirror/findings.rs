//! Prints findings: one line each, or JSON.

use crate::admin::doctor::{Finding, Level};
use crate::cli::outcome::Outcome;
use crate::cli::report::{json, line};

/// Prints the findings. The outcome is a failure if any finding is.
pub fn told(findings: &[Finding], as_json: bool) -> Outcome {
    if as_json {
        findings.iter().for_each(json);
    } else {
        let widest = findings.iter().map(|finding| finding.what.chars().count()).max().unwrap_or_default();
        for finding in findings {
            line(text(finding, widest));
        }
    }
    Outcome::of_work(findings.iter().any(|finding| finding.level == Level::Fail), true)
}

fn text(finding: &Finding, width: usize) -> String {
    let Finding { level, what, detail, remedy } = finding;
    let level = match level {
        Level::Ok => "ok",
        Level::Warn => "warn",
        Level::Fail => "fail",
        Level::Skip => "skip",
    };
    let remedy = remedy.as_ref().map(|remedy| format!(" — {remedy}")).unwrap_or_default();
    format!("{level:4}  {what:width$}  {detail}{remedy}")
}
