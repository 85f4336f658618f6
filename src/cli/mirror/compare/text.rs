//! Comparisons as lines, in the manner of `rclone check`.

use serde_json::Value;

use crate::sync::{AccountComparison, Difference, Finding, Parked, Tally, Verdict};

use super::summary::Summary;
use crate::cli::plain::plain;
use crate::cli::remedy::in_words;
use crate::cli::report::{shortened, table};

/// The symbol that a line starts with.
fn symbol(verdict: Verdict) -> char {
    match verdict {
        Verdict::Identical => '=',
        Verdict::Missing => '+',
        Verdict::Differs => '*',
        Verdict::Duplicate => '&',
        Verdict::Orphan => '-',
        Verdict::Broken => '!',
        Verdict::Blocked => '?',
    }
}

/// All lines for an account that is not identical.
pub fn lines(comparison: &AccountComparison) -> Vec<String> {
    let AccountComparison { account, blocked, failed, .. } = comparison;
    let items: usize = comparison.media.values().map(|tally| tally.items).sum();
    let is_all = items > 0 && comparison.findings.is_empty();
    let blocked = blocked.iter().filter(|_| is_all).map(|reason| format!("? {account}: {reason}; {items} items"));
    let failed = failed.iter().map(|failed| {
        let remedy = failed.advice.map_or("", in_words);
        format!("! {account}: {}{remedy}", failed.reason)
    });
    let findings =
        comparison.findings.iter().map(|found| format!("{} {account}/{}", symbol(found.verdict), told(found)));
    blocked.chain(failed).chain(findings).map(|line| plain(&line).into_owned()).collect()
}

/// The warnings about items of an account: `warning: jeffrey.test/moods/68f2…: when is in seconds; …`
pub fn warnings(comparison: &AccountComparison) -> Vec<String> {
    let warning = |Parked { medium, label, reason, causes, .. }: &Parked| {
        let (account, details) = (&comparison.account, causes.join("; "));
        format!("warning: {account}/{}/{}: {reason}; {details}", medium.plural(), shortened(label))
    };
    comparison.warnings.iter().map(warning).collect()
}

/// `moods/68f2…: text "before" → "after"`
pub fn told(finding: &Finding) -> String {
    let Finding { medium, label, rkey, differences, reason, verdict } = finding;
    let mut details: Vec<_> = differences.iter().map(difference).collect();
    details.extend(reason.clone());
    if let (Verdict::Duplicate, Some(rkey)) = (verdict, rkey) {
        details.push(format!("duplicate {rkey}"));
    }
    let details = if details.is_empty() { String::new() } else { format!(": {}", details.join(", ")) };
    format!("{medium}/{}{details}", shortened(label))
}

fn difference(Difference { field, is, should_be }: &Difference) -> String {
    let value = |value: &Value| shortened(&value.to_string());
    match (is, should_be) {
        (Some(is), Some(should_be)) => format!("{field} {} → {}", value(is), value(should_be)),
        (None, Some(should_be)) => format!("{field} nothing → {}", value(should_be)),
        (Some(is), None) => format!("{field} {} → nothing", value(is)),
        (None, None) => format!("{field} missing"),
    }
}

const HEADER: [&str; 9] =
    ["type", "items", "identical", "missing", "differs", "duplicate", "orphan", "broken", "blocked"];

fn row(medium: &str, tally: &Tally) -> [String; HEADER.len()] {
    let counts = tally.columns();
    std::array::from_fn(|column| if column == 0 { medium.into() } else { counts[column - 1].1.to_string() })
}

/// The total.
pub fn summary(summary: &Summary) -> Vec<String> {
    let mut rows: Vec<_> = summary.media.iter().map(|(medium, tally)| row(medium, tally)).collect();
    if rows.len() > 1 {
        let mut total = Tally::default();
        summary.media.values().for_each(|tally| total += *tally);
        rows.push(row("total", &total));
    }
    vec![table(HEADER, &rows), String::new(), accounts(summary)]
}

/// `accounts   7: 5 identical, 1 blocked (no account on the PDS)`
pub fn accounts(summary: &Summary) -> String {
    let Summary { accounts, identical, blocked, failed, .. } = summary;
    let blocked = blocked.iter().map(|(reason, count)| format!(", {count} blocked ({reason})"));
    let blocked: String = blocked.collect();
    let failed = if *failed > 0 { format!(", {failed} failed") } else { String::new() };
    format!("accounts   {accounts}: {identical} identical{blocked}{failed}")
}
