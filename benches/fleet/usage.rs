//! How much of something was used, and how much at most within a window.

use crate::clock::{DAY, HOUR, MINUTE, Moment, SECOND, seconds};

/// Amounts by windows of one length.
#[derive(Debug, Clone)]
pub struct Tally {
    length: Moment,
    windows: Vec<f64>,
}

impl Tally {
    fn of(length: Moment) -> Tally {
        Tally { length, windows: Vec::new() }
    }

    pub fn add(&mut self, now: Moment, amount: f64) {
        let window = (now / self.length) as usize;
        if window >= self.windows.len() {
            self.windows.resize(window + 1, 0.0);
        }
        self.windows[window] += amount;
    }

    /// In the fullest window.
    pub fn most(&self) -> f64 {
        self.windows.iter().copied().fold(0.0, f64::max)
    }

    /// The same for one second of it.
    pub fn most_a_second(&self) -> f64 {
        self.most() / seconds(self.length)
    }

    pub fn sum(&self) -> f64 {
        self.windows.iter().sum()
    }
}

/// What was used of everything that may run out.
#[derive(Debug, Clone)]
pub struct Usage {
    /// Requests to the PDS, within five minutes.
    pub requests: Tally,
    /// Uploads, within a day.
    pub uploads: Tally,
    /// Logins of all accounts.
    pub logins: Tally,
    /// Points of the guest account, within an hour and a day.
    pub guest_hour: Tally,
    pub guest_day: Tally,
    /// Commits, which are the relay's events.
    pub commits_second: Tally,
    pub commits_hour: Tally,
    pub commits_day: Tally,
    /// Seconds of the workers' cores, of the PDS's and of mongod's.
    pub cores: Tally,
    pub pds_cores: Tally,
    pub mongod_cores: Tally,
    /// Writes to MongoDB, and changes that are read from it.
    pub writes: Tally,
    pub changes: Tally,
    /// Messages of NATS in both directions.
    pub messages: Tally,
    /// Attempts that were put off.
    pub postponed: u64,
}

impl Default for Usage {
    fn default() -> Usage {
        Usage {
            requests: Tally::of(5 * MINUTE),
            uploads: Tally::of(DAY),
            logins: Tally::of(HOUR),
            guest_hour: Tally::of(HOUR),
            guest_day: Tally::of(DAY),
            commits_second: Tally::of(SECOND),
            commits_hour: Tally::of(HOUR),
            commits_day: Tally::of(DAY),
            cores: Tally::of(HOUR),
            pds_cores: Tally::of(HOUR),
            mongod_cores: Tally::of(HOUR),
            writes: Tally::of(MINUTE),
            changes: Tally::of(MINUTE),
            messages: Tally::of(MINUTE),
            postponed: 0,
        }
    }
}
