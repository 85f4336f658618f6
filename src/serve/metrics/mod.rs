//! Metrics for `/metrics`. No code, DID or user is a label, because their number is unbounded.
//!
//! Every process reports data that all processes share; queries use `max` or `min`. Unknown values are left out instead
//! of being zero.

mod http;
mod jobs;
mod machine;
mod maybe;
mod mirror;

use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use http::HttpMetrics;
use jobs::JobMetrics;
use machine::MachineMetrics;
use mirror::MirrorMetrics;

pub use machine::Machine;
pub use mirror::Known;

/// All metrics.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Jobs and attempts.
    pub jobs: JobMetrics,
    /// The mirror: changes, plans, the PDS's limits.
    pub mirror: MirrorMetrics,
    /// Answered requests.
    pub http: HttpMetrics,
    /// The process and its machine.
    pub machine: MachineMetrics,
}

impl Metrics {
    /// Metrics without data.
    #[must_use]
    pub fn new() -> Metrics {
        let mut registry = Registry::default();
        let ours = registry.sub_registry_with_prefix("telecine");
        ours.register("build", "The release that runs", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        let (jobs, mirror, http) = (JobMetrics::new(ours), MirrorMetrics::new(ours), HttpMetrics::new(ours));
        let machine = MachineMetrics::new(&mut registry);
        Metrics { registry, jobs, mirror, http, machine }
    }

    /// The registry for output.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics::new()
    }
}
