//! Plans and reports of re-encoded tapes, as tables and as JSON.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::sync::reencode::Sample;
use crate::sync::{Cause, Counts, Replacement, Report, Services, Video};

use super::super::sync::report::{causes, duration, expected, time, waits};
use crate::cli::report::{bytes, decibels, json, line, lines, table};

/// The most tapes that are listed one by one. The report file lists all.
const MOST_ROWS: usize = 50;

/// Prints a plan: a row per account with anything to do, and the expected sizes.
pub fn plan(report: &Report, sample: &Sample, services: &Services) {
    let rows: Vec<_> = report
        .accounts
        .iter()
        .filter(|account| account.has_work())
        .map(|account| {
            let counts = account.planned.values().copied().fold(Counts::default(), sum);
            [account.account.clone(), counts.update.to_string(), counts.skip.to_string()]
        })
        .collect();
    if !rows.is_empty() {
        lines(table(["account", "replace", "skip"], &rows));
        line("");
    }
    let all = report.planned.values().copied().fold(Counts::default(), sum);
    line(format!("accounts   {}", report.accounts_seen));
    line(format!("tapes      {} to re-encode, {} have that preset already", all.update, all.skip));
    line(format!("files      {} of {} to fetch", report.weight.files, bytes(report.weight.file_bytes)));
    if report.weight.missing > 0 {
        line(format!("missing    {} files are not in Spaces", report.weight.missing));
    }
    if let Some((ratio, all_after)) = sample.ratio().zip(sample.all_after()) {
        let Sample { tapes, before, after, all_before, .. } = sample;
        line(format!("sample     of {tapes}: {} → {} ({ratio:.2})", bytes(*before), bytes(*after)));
        line(format!("videos     {} → about {}", bytes(*all_before), bytes(all_after)));
    }
    if all.update > 0 {
        line(format!("time       {}", time(report, services)));
    }
    for parked in &sample.failed {
        causes("failed", &[Cause { reason: &parked.reason, advice: parked.advice, labels: vec![&parked.label] }]);
    }
    causes("blocked", &report.blocked());
    causes("failed", &report.failures());
}

/// The same as JSON: a line per account with anything to report, and one for the total.
pub fn plan_json(report: &Report, sample: &Sample, services: &Services) {
    report.accounts.iter().for_each(json);
    let seconds = expected(report, services).as_secs();
    json(&json!({
        "accounts": report.accounts_seen,
        "planned": report.planned,
        "weight": report.weight,
        "sample": sample,
        "seconds": seconds,
    }));
}

/// Prints the results: a row per tape, and the totals.
pub fn done(report: &Report, elapsed: Duration, path: &Path) {
    let replaced: Vec<_> = replaced(report).collect();
    let rows: Vec<_> =
        replaced.iter().take(MOST_ROWS).map(|(account, replacement)| row(account, replacement)).collect();
    if !rows.is_empty() {
        let header = ["tape", "account", "was", "before", "after", "ratio", "psnr before", "psnr after"];
        lines(table(header, &rows));
        if replaced.len() > MOST_ROWS {
            line(format!("… and {} more in the report", replaced.len() - MOST_ROWS));
        }
        line("");
    }
    let totals = Totals::of(report);
    let failed: usize = report.failures().iter().map(|cause| cause.labels.len()).sum();
    line(format!("accounts   {}", report.accounts_seen));
    line(format!("done       {} tapes, {} uploaded, in {}", totals.tapes, bytes(report.uploaded), duration(elapsed)));
    if totals.before > 0 {
        let ratio = totals.after as f64 / totals.before as f64;
        line(format!("size       {} → {} ({ratio:.2})", bytes(totals.before), bytes(totals.after)));
    }
    if let Some((before, after)) = totals.psnr {
        line(format!("quality    {} → {}, mean over the tapes", decibels(before), decibels(after)));
    }
    line(format!("failed     {failed}"));
    waits(report);
    line(format!("report     {}", path.display()));
    causes("warning", &report.warnings());
    causes("blocked", &report.blocked());
    causes("postponed", &report.postponed());
    causes("failed", &report.failures());
}

/// The same as JSON: a line per account with anything to report, and one for the total.
pub fn done_json(report: &Report) {
    report.accounts.iter().for_each(json);
    let Totals { tapes, before, after, psnr } = Totals::of(report);
    let (psnr_before, psnr_after) = psnr.unzip();
    json(&json!({
        "accounts": report.accounts_seen,
        "tapes": tapes,
        "bytes_before": before,
        "bytes_after": after,
        "psnr_before": psnr_before,
        "psnr_after": psnr_after,
        "uploaded": report.uploaded,
    }));
}

fn sum(mut one: Counts, other: Counts) -> Counts {
    one += other;
    one
}

fn replaced(report: &Report) -> impl Iterator<Item = (&str, &Replacement)> {
    report
        .accounts
        .iter()
        .flat_map(|account| account.replaced.iter().map(|replacement| (account.account.as_str(), replacement)))
}

/// Totals over all tapes.
struct Totals {
    tapes: usize,
    /// Bytes of the old videos, of tapes that had one.
    before: u64,
    /// Bytes of the new videos of the same tapes.
    after: u64,
    /// Mean PSNRs before and after, over the tapes with both.
    psnr: Option<(f64, f64)>,
}

impl Totals {
    fn of(report: &Report) -> Self {
        let pairs =
            replaced(report).filter_map(|(_, replacement)| Some((replacement.before.as_ref()?, &replacement.after)));
        let pairs: Vec<(&Video, &Video)> = pairs.collect();
        let (before, after) =
            pairs.iter().fold((0, 0), |(one, other), (before, after)| (one + before.bytes, other + after.bytes));
        let known: Vec<_> = pairs.iter().filter_map(|(before, after)| before.psnr.zip(after.psnr)).collect();
        let count = known.len() as f64;
        let psnr = known.iter().copied().reduce(|one, other| (one.0 + other.0, one.1 + other.1));
        let psnr = psnr.map(|(before, after)| (before / count, after / count));
        Totals { tapes: replaced(report).count(), before, after, psnr }
    }
}

fn row(account: &str, replacement: &Replacement) -> [String; 8] {
    let Replacement { code, before, after, .. } = replacement;
    let quality = |video: &Video| video.psnr.map(decibels);
    let or_nothing = |text: Option<String>| text.unwrap_or_else(|| "-".into());
    let before = before.as_ref();
    [
        code.clone(),
        account.to_owned(),
        or_nothing(before.and_then(|before| before.preset.clone())),
        or_nothing(before.map(|before| bytes(before.bytes))),
        bytes(after.bytes),
        or_nothing(before.map(|before| format!("{:.2}", after.bytes as f64 / before.bytes as f64))),
        or_nothing(before.and_then(quality)),
        or_nothing(quality(after)),
    ]
}
