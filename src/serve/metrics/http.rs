//! Answered requests, by the router's route and by status.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRoute {
    route: String,
}

/// Answered requests.
#[derive(Debug)]
pub struct HttpMetrics {
    requests: Family<Answered, Counter>,
    seconds: Family<OfRoute, Histogram>,
}

/// From a millisecond to eight seconds.
fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 14))
}

impl HttpMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let metrics = HttpMetrics { requests: Family::default(), seconds: Family::new_with_constructor(histogram) };
        registry.register("http_requests", "Requests answered here, by route and status", metrics.requests.clone());
        let help = "Time from a request to the head of its response";
        registry.register("http_request_seconds", help, metrics.seconds.clone());
        // Present before the first count: otherwise the first one, which may be a lost tape, would not be an increase.
        _ = metrics.requests.get_or_create(&Answered { route: "/bake".into(), status: 500 });
        metrics
    }

    /// Counts an answered request. `route` is one of the router's, not the client's path.
    pub fn answered(&self, route: &str, status: u16, took: Duration) {
        self.requests.get_or_create(&Answered { route: route.into(), status }).inc();
        self.seconds.get_or_create(&OfRoute { route: route.into() }).observe(took.as_secs_f64());
    }
}
