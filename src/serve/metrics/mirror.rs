//! Metrics of the mirror: the position in the change stream, the last full plan, and the PDS's limits.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::remote::mongo::{Change, What};
use crate::serve::store::{Budget, Reading};

use super::maybe::{Fraction, Maybe, set};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfCollection {
    collection: &'static str,
    operation: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfLimit {
    kind: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PdsAnswered {
    kind: &'static str,
    status: u16,
}

/// The databases' data on the mirror.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The state of the change stream.
    pub reading: Option<&'a Reading>,
    /// The time span of the oplog.
    pub oplog: Option<Duration>,
    /// The end of the last full plan.
    pub planned: Option<Timestamp>,
}

/// The mirror: changes, plans, the PDS's limits.
#[derive(Debug)]
pub struct MirrorMetrics {
    is_up: Gauge,
    changes: Family<OfCollection, Counter>,
    readers: Maybe,
    age: Maybe,
    lag: Maybe,
    oplog: Maybe,
    planned: Maybe,
    remaining: Family<OfLimit, Fraction>,
    share: Family<OfLimit, Fraction>,
    answers: Family<PdsAnswered, Counter>,
}

impl MirrorMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let metrics = MirrorMetrics {
            is_up: Gauge::default(),
            changes: Family::default(),
            readers: Family::default(),
            age: Family::default(),
            lag: Family::default(),
            oplog: Family::default(),
            planned: Family::default(),
            remaining: Family::default(),
            share: Family::default(),
            answers: Family::default(),
        };
        registry.register("mongodb_up", "1 if MongoDB responds to this process in time, else 0", metrics.is_up.clone());
        registry.register("changes", "Changes of items read here", metrics.changes.clone());
        registry.register("stream_readers", "1 while some process reads changes, else 0", metrics.readers.clone());
        let help = "Time since the position in the stream of changes was stored";
        registry.register("stream_position_age_seconds", help, metrics.age.clone());
        let help = "Age of the changes up to which everything has been read";
        registry.register("stream_lag_seconds", help, metrics.lag.clone());
        let help = "Time from the oldest entry of MongoDB's oplog to the newest";
        registry.register("oplog_window_seconds", help, metrics.oplog.clone());
        let help = "When the last full plan was finished, in seconds since 1970";
        registry.register("plan_finished_timestamp_seconds", help, metrics.planned.clone());
        let help = "Points left in a limit of the PDS, as last seen by this process; the minimum over all accounts";
        registry.register("pds_budget_remaining", help, metrics.remaining.clone());
        let help = "The same as a share of all points, from 0 to 1";
        registry.register("pds_budget_share", help, metrics.share.clone());
        registry.register("pds_requests", "Requests to the PDS, by kind and status", metrics.answers.clone());
        metrics
    }

    /// Counts a change.
    pub fn change(&self, change: &Change) {
        let operation = match change.what {
            What::Inserted => "insert",
            What::Updated { .. } => "update",
            What::Deleted => "delete",
        };
        self.changes.get_or_create(&OfCollection { collection: change.medium.plural(), operation }).inc();
    }

    /// Sets the databases' data, or that it is unknown.
    pub fn set(&self, known: Option<Known<'_>>) {
        self.is_up.set(known.is_some().into());
        let reading = known.and_then(|known| known.reading);
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
        set(&self.readers, reading.map(|reading| f64::from(u8::from(reading.reader.is_some()))));
        set(&self.age, seconds(reading.and_then(|reading| reading.age)));
        set(&self.lag, seconds(reading.and_then(|reading| reading.lag)));
        set(&self.oplog, seconds(known.and_then(|known| known.oplog)));
        let planned = known.and_then(|known| known.planned);
        set(&self.planned, planned.map(|planned| planned.as_second() as f64));
    }

    /// Sets the numbers of the PDS's responses so far.
    pub fn set_answers(&self, answers: &BTreeMap<(&'static str, u16), u64>) {
        for (&(kind, status), &count) in answers {
            // Counted elsewhere; it only increases.
            self.answers.get_or_create(&PdsAnswered { kind, status }).inner().store(count, Ordering::Relaxed);
        }
    }

    /// Sets the last known limits of the PDS.
    pub fn set_budgets(&self, budgets: &[Budget]) {
        self.remaining.clear();
        self.share.clear();
        for budget in budgets {
            let limit = OfLimit { kind: budget.kind.clone() };
            let share = f64::from(budget.remaining) / f64::from(budget.points.max(1));
            // Of several accounts and windows, the one with the least left is shown.
            let known = self.share.get(&limit).map(|known| known.get());
            if known.is_none_or(|known| share < known) {
                self.share.get_or_create(&limit).set(share);
                self.remaining.get_or_create(&limit).set(f64::from(budget.remaining));
            }
        }
    }
}
