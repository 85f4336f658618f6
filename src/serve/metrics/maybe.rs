//! Numbers that may not be known, and are left out then.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

/// A number with a fraction.
pub type Fraction = Gauge<f64, AtomicU64>;

/// A number that may not be known.
pub type Maybe = Family<[(&'static str, &'static str); 0], Fraction>;

/// Sets a number, or leaves it out.
pub fn set(number: &Maybe, value: Option<f64>) {
    match value {
        Some(value) => _ = number.get_or_create(&[]).set(value),
        None => number.clear(),
    }
}
