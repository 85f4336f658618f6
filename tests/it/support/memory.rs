//! How much memory a running program takes.

use std::fs;

/// The most memory a child has had so far, in bytes; `None` if it is gone, or has not begun.
pub fn peak(process: u32) -> Option<u64> {
    // Until it has become its program a child is a copy of its parent, with all memory that a test run has.
    if fs::read_link(format!("/proc/{process}/exe")).ok()? == std::env::current_exe().ok()? {
        return None;
    }
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}
