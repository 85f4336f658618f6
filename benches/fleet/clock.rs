//! Time as whole microseconds, so that events of one moment stay in the order in which they were made.

/// Microseconds since the simulation began.
pub type Moment = u64;

pub const SECOND: Moment = 1_000_000;
pub const MINUTE: Moment = 60 * SECOND;
pub const HOUR: Moment = 60 * MINUTE;
pub const DAY: Moment = 24 * HOUR;

/// A number of seconds, in microseconds.
pub fn micros(seconds: f64) -> Moment {
    (seconds * SECOND as f64).round().max(0.0) as Moment
}

/// The same in seconds.
pub fn seconds(moment: Moment) -> f64 {
    moment as f64 / SECOND as f64
}
