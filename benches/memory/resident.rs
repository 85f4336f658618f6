//! The memory of a running program over time.

use std::fs;

/// The memory of a process in bytes; `None` if it has ended.
pub fn resident(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// Samples in words, in MiB: the mean of each tenth of the time, and the peak.
pub fn in_tenths(samples: &[u64]) -> String {
    let megabytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let mean = |part: &[u64]| megabytes(part.iter().sum::<u64>()) / part.len() as f64;
    let tenths = samples.chunks(samples.len().div_ceil(10).max(1)).map(|part| format!("{:.0}", mean(part)));
    let peak = megabytes(samples.iter().copied().max().unwrap_or_default());
    format!("resident MiB, mean of each tenth: {}; peak {peak:.0}", tenths.collect::<Vec<_>>().join(" "))
}
