//! Jobs by kind and state, and attempts by result. Attempts of the kind `callback` count callbacks.

use std::time::Duration;

use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::serve::jobs::{Job, Kind, State};
use crate::serve::store::Tally;

/// Jobs of a kind in a state.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Standing {
    kind: &'static str,
    state: &'static str,
}

/// Attempts of a kind with a result.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ending {
    kind: &'static str,
    state: &'static str,
    cause: String,
}

/// A kind of job.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfKind {
    kind: &'static str,
}

/// Jobs and attempts.
#[derive(Debug)]
pub struct JobMetrics {
    jobs: Family<Standing, Gauge>,
    oldest: Family<Standing, Gauge>,
    attempts: Family<Ending, Counter>,
    seconds: Family<OfKind, Histogram>,
    waits: Family<OfKind, Histogram>,
}

/// From a tenth of a second to an hour.
fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.1, 2.0, 16))
}

impl JobMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let metrics = JobMetrics {
            jobs: Family::default(),
            oldest: Family::default(),
            attempts: Family::default(),
            seconds: Family::new_with_constructor(histogram),
            waits: Family::new_with_constructor(histogram),
        };
        registry.register("jobs", "Jobs by kind and state", metrics.jobs.clone());
        let help = "Seconds that the oldest job of a kind has been in a state";
        registry.register("oldest_job_seconds", help, metrics.oldest.clone());
        registry.register("attempts", "Attempts that ended in this process, by result", metrics.attempts.clone());
        registry.register("job_seconds", "Seconds per attempt in this process", metrics.seconds.clone());
        let help = "Seconds that jobs waited for their first attempt";
        registry.register("job_wait_seconds", help, metrics.waits.clone());
        metrics
    }

    /// Sets the present queues, or that they are unknown.
    pub fn set_queues(&self, queues: Option<&[Tally]>) {
        let Some(queues) = queues else {
            self.jobs.clear();
            return self.oldest.clear();
        };
        for kind in Kind::ALL {
            for state in State::ALL {
                let standing = Standing { kind: kind.name(), state: state.name() };
                let queue = queues.iter().find(|queue| queue.kind == kind && queue.state == state);
                self.jobs.get_or_create(&standing).set(queue.map_or(0, |queue| queue.jobs as i64));
                if !state.is_over() {
                    let age = queue
                        .and_then(|queue| queue.oldest)
                        .map_or(0, |oldest| Timestamp::now().duration_since(oldest).as_secs().max(0));
                    self.oldest.get_or_create(&standing).set(age);
                }
            }
        }
    }

    /// Counts the start of an attempt.
    pub fn begin(&self, job: &Job) {
        if job.attempt == 1
            && let Some(started) = job.started
        {
            let waited = Duration::try_from(started.duration_since(job.created)).unwrap_or_default();
            self.waits.get_or_create(&OfKind { kind: job.work.kind().name() }).observe(waited.as_secs_f64());
        }
    }

    /// Counts the end of an attempt.
    pub fn end(&self, job: &Job, took: Duration) {
        let (kind, state) = (job.work.kind().name(), job.state.name());
        let cause = job.failure.as_ref().map_or_else(String::new, |failure| failure.code.clone());
        self.attempts.get_or_create(&Ending { kind, state, cause }).inc();
        self.seconds.get_or_create(&OfKind { kind }).observe(took.as_secs_f64());
    }
}
