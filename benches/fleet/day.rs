//! One run of the simulation on the site's demand, and what is read from it.

use crate::clock::{DAY, HOUR, MINUTE, Moment, SECOND, micros, seconds};
use crate::costs::{Costs, Distance, LOGIN};
use crate::demand::{Demand, Made, Medium};
use crate::fleet::Fleet;
use crate::item::{GUEST, Times};
use crate::job::Kind;
use crate::limits::Relay;
use crate::setup::{Choice, Setup};

/// How long the fleet may take for what is left when nothing more comes in.
const AFTERWARDS: Moment = 12 * HOUR;

/// As in `src/serve/service.rs`.
const PATIENCE: Moment = 2 * MINUTE;
const PATIENCE_FOR_ACCOUNT: Moment = 5 * SECOND;

/// What is simulated.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    pub workers: usize,
    pub cores: usize,
    pub demand: Demand,
    pub is_bypassed: bool,
    pub is_one_address: bool,
    pub choice: Choice,
    pub distance: Distance,
    pub seed: u64,
}

impl Scenario {
    /// Machines of two cores beside their servers, with the bypass key.
    pub fn new(workers: usize, media_a_day: f64, seed: u64) -> Scenario {
        Scenario {
            workers,
            cores: 2,
            demand: Demand { media_a_day, tapes: 0.1, days: 1 },
            is_bypassed: true,
            is_one_address: true,
            choice: Choice::Any,
            distance: Distance::default(),
            seed,
        }
    }

    pub fn run(self) -> Day {
        let setup = Setup {
            workers: self.workers,
            cores: self.cores,
            slots: [Kind::Bake, Kind::Mirror, Kind::Callback].map(|kind| kind.slots(self.cores)),
            choice: self.choice,
            is_one_address: self.is_one_address,
            is_bypassed: self.is_bypassed,
            patience: PATIENCE,
            patience_for_account: PATIENCE_FOR_ACCOUNT,
            login: micros(LOGIN),
            seed: self.seed,
        };
        let mut fleet = Fleet::new(setup);
        let mut costs = Costs::new(self.distance, self.seed + 1);
        let mut made: Vec<Made> = Vec::new();
        let arrivals = self.demand.made(self.seed).map(|item| {
            made.push(item);
            costs.arrival(item)
        });
        fleet.run(arrivals, self.demand.days * DAY + AFTERWARDS);
        Day { made, fleet, days: self.demand.days }
    }
}

/// What came of it.
pub struct Day {
    made: Vec<Made>,
    pub fleet: Fleet,
    days: u64,
}

/// Whose items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Everybodys,
    Guests,
    Others,
}

impl Day {
    /// Seconds from an item's arrival to a moment of it. An item that never came to that counts as for ever.
    pub fn seconds(&self, media: &[Medium], whose: Whose, moment: impl Fn(&Times) -> Option<Moment>) -> Spread {
        let items = self.made.iter().zip(&self.fleet.times).filter(|(made, _)| {
            let is_guests = made.account == GUEST;
            let is_theirs = match whose {
                Whose::Everybodys => true,
                Whose::Guests => is_guests,
                Whose::Others => !is_guests,
            };
            is_theirs && media.contains(&made.medium)
        });
        let mut sorted: Vec<f64> = items
            .map(|(_, times)| moment(times).map_or(f64::INFINITY, |moment| seconds(moment - times.arrived)))
            .collect();
        sorted.sort_by(f64::total_cmp);
        Spread(sorted)
    }

    /// The longest delay, in seconds, of a relay that allows the host this number of accounts.
    pub fn relay_behind(&self, accounts: usize) -> f64 {
        let mut published: Vec<_> = self.fleet.times.iter().filter_map(|times| times.published).collect();
        published.sort_unstable();
        let mut relay = Relay::new(accounts);
        seconds(published.into_iter().map(|at| relay.pass(at) - at).max().unwrap_or_default())
    }

    /// Cores that were busy in the mean.
    pub fn cores(&self) -> f64 {
        self.fleet.cores_used() / seconds(self.days * DAY)
    }
}

/// Values in order.
pub struct Spread(Vec<f64>);

impl Spread {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn at(&self, share: f64) -> f64 {
        let last = self.0.len().saturating_sub(1) as f64;
        self.0.get((last * share).round() as usize).copied().unwrap_or_default()
    }

    /// The median, the 99th percentile and the most.
    pub fn words(&self) -> String {
        [0.5, 0.99, 1.0].map(|share| duration(self.at(share))).join(", ")
    }
}

/// Seconds as people say them.
pub fn duration(seconds: f64) -> String {
    if seconds.is_infinite() {
        "never".into()
    } else if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1000.0)
    } else if seconds < 120.0 {
        format!("{seconds:.1} s")
    } else if seconds < 7_200.0 {
        format!("{:.0} min", seconds / 60.0)
    } else {
        format!("{:.1} h", seconds / 3_600.0)
    }
}
