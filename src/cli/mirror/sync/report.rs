//! Plans and reports of syncs as tables and as JSON.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::error::{Error, Result};
use crate::remote::Waited;
use crate::sync::{AccountReport, Cause, Counts, Report, Services, expected_time};

use super::super::waiting::time as time_of_day;
use crate::cli::remedy::in_words;
use crate::cli::report::{bytes, json, line, lines, quoted, shortened, table};

/// The most names that follow a cause; the JSON lists all.
const MOST_LABELS: usize = 10;

const HEADER: [&str; 10] =
    ["account", "type", "create", "update", "adopt", "withdraw", "duplicate", "orphan", "skip", "blocked"];

/// Prints a plan: a row per account and type with anything to report, the total, and the expected cost.
pub fn plan(report: &Report, services: &Services) {
    let weight = report.weight;
    let mut rows = rows(report, |account| &account.planned);
    if rows.len() > 1 {
        rows.extend(report.planned.iter().map(|(medium, counts)| row("total", medium, counts)));
    }
    if !rows.is_empty() {
        lines(table(HEADER, &rows));
        line("");
    }
    line(format!("accounts   {}", report.accounts_seen));
    line(format!("files      {} of {} to fetch", weight.files, bytes(weight.file_bytes)));
    if weight.missing > 0 {
        line(format!("missing    {} files are not in Spaces", weight.missing));
    }
    line(format!("records    {} to write, blobs apart", bytes(weight.record_bytes)));
    line(format!("time       {}", time(report, services)));
    causes("warning", &report.warnings());
    causes("blocked", &report.blocked());
    causes("postponed", &report.postponed());
    causes("failed", &report.failures());
    remedies(report);
}

/// The same as JSON: a line per account with anything to report, and one for the total.
pub fn plan_json(report: &Report, services: &Services) {
    report.accounts.iter().for_each(json);
    let seconds = expected(report, services).as_secs();
    json(&json!({
        "accounts": report.accounts_seen,
        "planned": report.planned,
        "weight": report.weight,
        "seconds": seconds,
    }));
}

/// Prints the results.
pub fn done(report: &Report, elapsed: Duration, path: &Path) {
    let rows = rows(report, |account| &account.done);
    if !rows.is_empty() {
        lines(table(HEADER, &rows));
        line("");
    }
    let failed: usize = report.failures().iter().map(|cause| cause.labels.len()).sum();
    let done: Counts = report.done.values().fold(Counts::default(), |mut sum, counts| {
        sum += *counts;
        sum
    });
    let items = done.create + done.update + done.adopt + done.withdraw;
    line(format!("accounts   {}", report.accounts_seen));
    line(format!("done       {items} items, {} uploaded, in {}", bytes(report.uploaded), duration(elapsed)));
    line(format!("failed     {failed}"));
    waits(report);
    line(format!("report     {}", path.display()));
    for account in &report.accounts {
        for saved in &account.saved {
            let from = quoted(&saved.folder.display().to_string());
            line(format!("saved      {} records, {} files of {}", saved.records, saved.blobs, bytes(saved.blob_bytes)));
            line(format!("undo       telecine restore {} --from {from} --live", quoted(&account.account)));
        }
    }
    causes("warning", &report.warnings());
    causes("blocked", &report.blocked());
    causes("postponed", &report.postponed());
    causes("failed", &report.failures());
    remedies(report);
}

/// The same as JSON: a line per account with anything to report, and one for the total.
pub fn done_json(report: &Report) {
    report.accounts.iter().for_each(json);
    json(&json!({
        "accounts": report.accounts_seen,
        "planned": report.planned,
        "done": report.done,
        "uploaded": report.uploaded,
        "waits": report.waits,
    }));
}

/// Where a report goes: to that file, or to `telecine-sync-20261121T101500Z.json`. Fails before hours of work rather
/// than after if the file cannot be written.
pub fn destination(path: Option<&Path>, command: &str) -> Result<PathBuf> {
    let default = || {
        let time = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
        format!("telecine-{command}-{time}.json").into()
    };
    let path = path.map_or_else(default, Path::to_path_buf);
    let is_new = !path.exists();
    let open = OpenOptions::new().create(true).append(true).open(&path);
    open.and_then(|_| if is_new { std::fs::remove_file(&path) } else { Ok(()) }).map_err(Error::write(&path))?;
    Ok(path)
}

/// Writes a report as JSON.
pub fn write(report: &Report, path: &Path) -> Result<()> {
    let json = serde_json::to_vec_pretty(report).map_err(std::io::Error::from);
    json.and_then(|json| std::fs::write(path, json)).map_err(Error::write(path))
}

fn rows(
    report: &Report,
    counts: impl Fn(&AccountReport) -> &BTreeMap<&'static str, Counts>,
) -> Vec<[String; HEADER.len()]> {
    let mut rows = Vec::new();
    // Thousands of accounts may be blocked; they are summed up below by cause.
    for account in report.accounts.iter().filter(|account| account.blocked.is_none()) {
        for (medium, counts) in counts(account) {
            if *counts != (Counts { skip: counts.skip, ..Counts::default() }) {
                rows.push(row(&account.account, medium, counts));
            }
        }
    }
    rows
}

fn row(account: &str, medium: &str, counts: &Counts) -> [String; HEADER.len()] {
    [
        account.to_owned(),
        medium.to_owned(),
        counts.create.to_string(),
        counts.update.to_string(),
        counts.adopt.to_string(),
        counts.withdraw.to_string(),
        counts.duplicate.to_string(),
        counts.orphan.to_string(),
        counts.skip.to_string(),
        counts.blocked.to_string(),
    ]
}

/// The expected time of a plan, by what the server has announced so far.
pub fn expected(report: &Report, services: &Services) -> Duration {
    expected_time(report, &services.server.current(), &services.pds.pace().limits())
}

/// The same in words, and the reason.
pub fn time(report: &Report, services: &Services) -> String {
    let time = duration(expected(report, services));
    let is_limited = services.server.current().announces_limits;
    let why = if is_limited { "the server limits its rate" } else { "the server announces no limits" };
    format!("about {time}; {why}")
}

/// `2 h 5 min`, `42 s`
pub fn duration(duration: Duration) -> String {
    match duration.as_secs() {
        0 => "1 s".into(),
        seconds @ 1..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
    }
}

/// Prints how long servers made the run wait.
pub fn waits(report: &Report) {
    for Waited { kind, times, seconds, until } in &report.waits {
        let (length, until) = (duration(Duration::from_secs(*seconds)), time_of_day(*until));
        line(format!("waited     {length} for the limit of {kind}, {times} ×, last until {until}"));
    }
}

/// Prints problems by cause.
pub fn causes(what: &str, causes: &[Cause<'_>]) {
    for Cause { reason, advice, labels } in causes {
        let remedy = advice.map_or("", in_words);
        let more = labels.len().saturating_sub(MOST_LABELS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let named = labels.iter().take(MOST_LABELS).map(|label| shortened(label)).collect::<Vec<_>>().join(", ");
        line(format!("{what:<10} {} × {reason}{remedy}: {named}{more}", labels.len()));
    }
}

/// Prints remedies for refused deletions.
fn remedies(report: &Report) {
    if report.accounts.iter().flat_map(|account| &account.refused).any(|refused| refused.is_too_many) {
        line("           --max-deletes N raises the limit");
    }
}
