//! What is counted and measured, for `/metrics`. No code, DID or user is a label: those have no end.
//!
//! What all processes share, each of them says; whoever reads takes one, by `max` or `min`. What is not known is left out
//! and not said to be zero.

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

/// What is counted and measured.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Jobs and attempts.
    pub jobs: JobMetrics,
    /// The mirror: changes, plans, the PDS's limits.
    pub mirror: MirrorMetrics,
    /// Requests that were answered.
    pub http: HttpMetrics,
    /// The process and its machine.
    pub machine: MachineMetrics,
}

impl Metrics {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new() -> Metrics {
        let mut registry = Registry::default();
        let ours = registry.sub_registry_with_prefix("telecine");
        ours.register("build", "The release that runs", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        let (jobs, mirror, http) = (JobMetrics::new(ours), MirrorMetrics::new(ours), HttpMetrics::new(ours));
        let machine = MachineMetrics::new(&mut registry);
        Metrics { registry, jobs, mirror, http, machine }
    }

    /// Everything, to be written out.
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
