//! The process and its machine, under the usual names of Prometheus exporters, and disk space for tapes.

use jiff::Timestamp;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::maybe::{Maybe, set};

/// The system's data on the process and its machine; `None` if unknown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Machine {
    /// Resident memory of the process in bytes.
    pub resident: Option<u64>,
    /// Open files and connections.
    pub files: Option<u64>,
    /// Free bytes for tapes in progress.
    pub scratch: Option<u64>,
}

impl Machine {
    /// The current data. Queries the system, so it may take a moment.
    #[must_use]
    pub fn look() -> Machine {
        let status = std::fs::read_to_string("/proc/self/status").ok();
        let resident = status.as_deref().and_then(|status| {
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
            line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()
        });
        let files = std::fs::read_dir("/proc/self/fd").ok().map(|files| files.count() as u64);
        let scratch = crate::admin::doctor::room().ok().map(|room| room.bytes);
        Machine { resident: resident.map(|kilobytes| kilobytes * 1024), files, scratch }
    }
}

/// The process and its machine.
#[derive(Debug)]
pub struct MachineMetrics {
    resident: Maybe,
    files: Maybe,
    scratch: Maybe,
}

impl MachineMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let (resident, files, scratch) = (Maybe::default(), Maybe::default(), Maybe::default());
        registry.register("process_resident_memory_bytes", "Resident memory of the process", resident.clone());
        registry.register("process_open_fds", "Open files and connections of the process", files.clone());
        let started = Gauge::<i64>::default();
        started.set(Timestamp::now().as_second());
        registry.register("process_start_time_seconds", "Start time of the process, in seconds since 1970", started);
        let help = "Free bytes for tapes in progress";
        registry.register("telecine_scratch_free_bytes", help, scratch.clone());
        MachineMetrics { resident, files, scratch }
    }

    /// Sets the system's data.
    pub fn set(&self, machine: Machine) {
        let number = |number: Option<u64>| number.map(|number| number as f64);
        set(&self.resident, number(machine.resident));
        set(&self.files, number(machine.files));
        set(&self.scratch, number(machine.scratch));
    }
}
