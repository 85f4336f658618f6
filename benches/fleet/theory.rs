//! What the simulation has to come to where queueing theory knows the answer. It is held against that before it says anything
//! else.

use crate::clock::{DAY, HOUR, Moment, SECOND, micros, seconds};
use crate::demand::{PEAK, rhythm};
use crate::fleet::Fleet;
use crate::item::{Arrival, GUEST, Takes};
use crate::job::{Job, Kind, Mark, Step};
use crate::limits::{Relay, Request};
use crate::random::Random;
use crate::setup::{Choice, Setup};

/// How far off it may be.
const ALLOWED: f64 = 0.05;

const JOBS: usize = 1_000_000;

/// Checks everything, and says what came out.
///
/// # Panics
/// When the simulation is off.
pub fn check() {
    for (name, workers, slots) in [("M/M/1", 1, 1), ("M/M/8 on one machine", 1, 8), ("M/M/8 on eight", 8, 1)] {
        let mut random = Random::new(1);
        let servers = workers * slots;
        let rate = 0.8 * servers as f64;
        let waited = mean_wait(workers, slots, rate, || random.exponential(1.0));
        close(name, waited, erlang_c(servers, rate) / (servers as f64 - rate));
    }
    close("M/D/1", mean_wait(1, 1, 0.8, || 1.0), 0.8 / (2.0 * 0.2));
    let mut random = Random::new(2);
    close("M/M/1, cores shared", mean_stay(&mut || random.exponential(1.0)), 1.0 / 0.2);
    // How long they stay depends on the mean of the work alone.
    let mut random = Random::new(3);
    let mut two_sizes = || if random.unit() < 0.9 { 0.5 } else { 5.5 };
    close("M/G/1, cores shared", mean_stay(&mut two_sizes), 1.0 / 0.2);
    let minutes = 24 * 60;
    let day = (0..minutes).map(|minute| rhythm(minute * 60 * SECOND)).sum::<f64>() / minutes as f64;
    close("the day's rhythm, mean", day, 1.0);
    close("the day's rhythm, peak", (0..minutes).map(|minute| rhythm(minute * 60 * SECOND)).fold(0.0, f64::max), PEAK);
    account_of_one_day();
    relay_of_one_burst();
}

fn close(name: &str, found: f64, expected: f64) {
    let off = found / expected - 1.0;
    println!("{name}: {found:.3}, expected {expected:.3} ({:+.1} %)", 100.0 * off);
    assert!(off.abs() <= ALLOWED, "{name}: {found} is too far from {expected}");
}

/// The probability that a job has to wait for one of several servers.
fn erlang_c(servers: usize, load: f64) -> f64 {
    let mut blocked = 1.0;
    for server in 1..=servers {
        blocked = load * blocked / (server as f64 + load * blocked);
    }
    let free = 1.0 - load / servers as f64;
    blocked / (free + (1.0 - free) * blocked)
}

fn setup(workers: usize, cores: usize, slots: usize) -> Setup {
    Setup {
        workers,
        cores,
        slots: [slots; Kind::COUNT],
        choice: Choice::Any,
        is_one_address: true,
        is_bypassed: true,
        patience: HOUR,
        patience_for_account: HOUR,
        login: 0,
        seed: 4,
    }
}

fn arrivals(rate: f64, mut step: impl FnMut() -> Step) -> impl Iterator<Item = Arrival> {
    let (mut random, mut now) = (Random::new(5), 0.0);
    std::iter::repeat_with(move || {
        now += random.exponential(1.0 / rate);
        let script = vec![Step::Mark(Mark::Begun), step(), Step::Mark(Mark::Playable)];
        let jobs = vec![Job::new(Kind::Mirror, script)];
        Arrival { at: micros(now), account: GUEST, jobs, takes: Takes::default() }
    })
    .take(JOBS)
}

/// How long jobs wait in the mean that come in at that rate.
fn mean_wait(workers: usize, slots: usize, rate: f64, mut service: impl FnMut() -> f64) -> f64 {
    let mut fleet = Fleet::new(setup(workers, 1, slots));
    fleet.run(arrivals(rate, || Step::Wait(micros(service()))), Moment::MAX);
    let waits = fleet.times.iter().map(|times| seconds(times.begun.unwrap_or_default() - times.arrived));
    waits.sum::<f64>() / JOBS as f64
}

/// How long jobs stay in the mean that share a core which is busy for eight tenths of the time.
fn mean_stay(work: &mut dyn FnMut() -> f64) -> f64 {
    let mut fleet = Fleet::new(setup(1, 1, usize::MAX));
    fleet.run(arrivals(0.8, || Step::Compute(work(), 1)), Moment::MAX);
    let stays = fleet.times.iter().map(|times| seconds(times.playable.unwrap_or_default() - times.arrived));
    stays.sum::<f64>() / JOBS as f64
}

/// An account that never has nothing to write writes as often as its limits say.
fn account_of_one_day() {
    let limited = Setup { is_bypassed: false, ..setup(1, 1, 1) };
    let mut fleet = Fleet::new(limited);
    let job =
        Job::new(Kind::Mirror, vec![Step::Ask(Request::Write), Step::Wait(SECOND / 5), Step::Mark(Mark::Published)]);
    let arrival = Arrival { at: 0, account: GUEST, jobs: vec![job], takes: Takes::default() };
    fleet.run(std::iter::repeat_n(arrival, 40_000), DAY);
    let written = |end: Moment| {
        let times = fleet.times.iter().filter_map(|times| times.published);
        times.filter(|published| *published < end).count()
    };
    assert_eq!(written(HOUR), 2_500, "5,000 points an hour are 2,500 records");
    assert_eq!(written(DAY), 17_500, "35,000 points a day are 17,500 records");
    println!("an account that always writes: 2500 records in an hour, 17500 in a day");
}

/// What comes at once is let through at each of three rates.
fn relay_of_one_burst() {
    let mut relay = Relay::new(0);
    let passed: Vec<_> = (0..20_001).map(|_| relay.pass(0)).collect();
    assert_eq!((passed[49], passed[50]), (0, SECOND), "50 a second");
    assert!(passed[2_499] < HOUR && passed[2_500] == HOUR, "2,500 an hour");
    assert!(passed[19_999] < DAY && passed[20_000] == DAY, "20,000 a day");
    println!("a relay and a burst: 50 a second, 2500 an hour, 20000 a day");
}
