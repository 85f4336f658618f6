//! Numbers that are left out while they are unknown.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

/// A number with a fraction.
pub type Fraction = Gauge<f64, AtomicU64>;

/// A number that may be unknown.
pub type Maybe = Family<[(&'static str, &'static str); 0], Fraction>;

/// Sets a number, or removes it.
pub fn set(number: &Maybe, value: Option<f64>) {
    match value {
        Some(value) => _ = number.get_or_create(&[]).set(value),
        None => number.clear(),
    }
}
