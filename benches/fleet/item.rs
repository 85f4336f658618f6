//! Items that are made, and the jobs that follow from them.

use crate::clock::Moment;
use crate::job::Job;

/// The account of all that was made without one.
pub const GUEST: u32 = 0;

/// An item as it comes in.
#[derive(Debug, Clone)]
pub struct Arrival {
    pub at: Moment,
    pub account: u32,
    pub jobs: Vec<Job>,
    /// What is used when it is published: writes to MongoDB, changes, seconds of the PDS and of mongod.
    pub takes: Takes,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Takes {
    pub writes: f64,
    pub changes: f64,
    pub pds: f64,
    pub mongod: f64,
}

/// What became of an item, and when.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    pub arrived: Moment,
    pub begun: Option<Moment>,
    pub playable: Option<Moment>,
    pub published: Option<Moment>,
}
