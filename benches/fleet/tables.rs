//! The tables of `benches/RESULTS.md`.

use crate::costs::Distance;
use crate::day::{Day, Scenario, Whose, duration};
use crate::demand::{Demand, Medium};
use crate::item::Times;
use crate::limits::Relay;
use crate::setup::Choice;
use crate::usage::Usage;

const TEXTS: [Medium; 3] = [Medium::Mood, Medium::Piece, Medium::Kidlisp];

/// The simulated loads, in media a day.
const LOADS: [f64; 3] = [1_000.0, 10_000.0, 100_000.0];

/// Something that may run out.
struct Resource {
    name: String,
    /// How much there is of it.
    there_is: f64,
    used: fn(&Usage) -> f64,
}

fn resource(name: impl Into<String>, there_is: f64, used: fn(&Usage) -> f64) -> Resource {
    Resource { name: name.into(), there_is, used }
}

fn all() -> Vec<Resource> {
    let mut all = vec![
        resource("uploads a day, one address", 1_000.0, |usage| usage.uploads.most()),
        resource("points of the guest account an hour", 5_000.0, |usage| usage.guest_hour.most()),
        resource("points of the guest account a day", 35_000.0, |usage| usage.guest_day.most()),
        resource("requests to the PDS in five minutes, one address", 3_000.0, |usage| usage.requests.most()),
        resource("one core for the PDS, hour of the peak", 1.0, |usage| usage.pds_cores.most_a_second()),
        resource("two cores for workers, hour of the peak", 2.0, |usage| usage.cores.most_a_second()),
        resource("one core for mongod, hour of the peak", 1.0, |usage| usage.mongod_cores.most_a_second()),
        resource("writes to MongoDB a second, minute of the peak", WRITES, |usage| usage.writes.most_a_second()),
        resource("changes read from MongoDB a second, minute of the peak", CHANGES, |usage| {
            usage.changes.most_a_second()
        }),
        resource("messages of JetStream a second, minute of the peak", MESSAGES, |usage| {
            usage.messages.most_a_second()
        }),
    ];
    for accounts in [100, 4_201, 10_000] {
        let [(_, second), (_, hour), (_, day)] = Relay::rates(accounts);
        let named = |window: &str| format!("events {window} at a relay that allows {accounts} accounts");
        all.push(resource(named("a second"), second as f64, |usage| usage.commits_second.most()));
        all.push(resource(named("an hour"), hour as f64, |usage| usage.commits_hour.most()));
        all.push(resource(named("a day"), day as f64, |usage| usage.commits_day.most()));
    }
    all
}

/// What the servers took when they were measured beside other work, so that they take more by themselves; see
/// `benches/RESULTS.md`.
const WRITES: f64 = 478.0;
const CHANGES: f64 = 534.0;
/// Of a job that is published, taken and acknowledged there are five, and 89 such jobs a second.
const MESSAGES: f64 = 445.0;

/// Messages a second by which an idle worker asks for jobs of five kinds, and is told that there are none; as
/// `src/serve/queue/jetstream`.
const PULLS: f64 = 2.0;

/// What is used of everything while nothing is limited, and the load at which the fullest window is full.
pub fn resources(seed: u64) {
    let days = LOADS.map(|load| Scenario::new(4, load, seed).run());
    println!("| what | there is | at 1,000 a day | 10,000 | 100,000 | full at |");
    println!("|---|--:|--:|--:|--:|--:|");
    let most = LOADS[LOADS.len() - 1];
    let mut rows: Vec<_> = all()
        .into_iter()
        .map(|resource| {
            let used = days.each_ref().map(|day| (resource.used)(&day.fleet.usage));
            (most * resource.there_is / used[2], resource, used)
        })
        .collect();
    rows.sort_by(|one, other| one.0.total_cmp(&other.0));
    for (full_at, Resource { name, there_is, .. }, used) in rows {
        let used = used.map(number).join(" | ");
        println!("| {name} | {} | {used} | {} |", number(there_is), number(two_digits(full_at)));
    }
}

fn two_digits(value: f64) -> f64 {
    let unit = 10_f64.powf(value.log10().floor() - 1.0);
    (value / unit).round() * unit
}

/// With a comma between thousands.
fn number(value: f64) -> String {
    if value < 10.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut written = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}

/// How long people wait while nothing but the machines is limited.
pub fn waits(seed: u64) {
    println!(
        "| media a day | tapes | workers | tape waits p50, p99, most | playable | painting published | text published | cores \
         busy, mean and peak hour |"
    );
    println!("|--:|--:|---|---|---|---|---|--:|");
    let few: &[(usize, usize)] = &[(1, 2), (64, 2)];
    let many: &[_] = &[(1, 2), (1, 4), (2, 2), (2, 4), (4, 2), (4, 4), (8, 2), (16, 2), (32, 2), (64, 2)];
    for (load, tapes, machines) in
        [(1_000.0, 0.1, few), (10_000.0, 0.1, few), (100_000.0, 0.1, many), (100_000.0, 1.0, many)]
    {
        for &(workers, cores) in machines {
            let mut scenario = Scenario { cores, ..Scenario::new(workers, load, seed) };
            scenario.demand = Demand { tapes, ..scenario.demand };
            let day = scenario.run();
            let [waits, playable, painting, text] = times(&day, Whose::Everybodys);
            println!(
                "| {} | {:.0} % | {workers} × {cores} cores | {waits} | {playable} | {painting} | {text} | {:.2}, {:.2} |",
                number(load),
                100.0 * tapes,
                day.cores(),
                day.fleet.usage.cores.most_a_second(),
            );
        }
    }
}

/// Of tapes how long they wait and how soon they can be played, of paintings and texts how soon they are published.
fn times(day: &Day, whose: Whose) -> [String; 4] {
    let words = |media: &[Medium], moment: fn(&Times) -> _| {
        let spread = day.seconds(media, whose, moment);
        if spread.is_empty() { "–".into() } else { spread.words() }
    };
    [
        words(&[Medium::Tape], |times| times.begun),
        words(&[Medium::Tape], |times| times.playable),
        words(&[Medium::Painting], |times| times.published),
        words(&TEXTS, |times| times.published),
    ]
}

/// Two days under limits: what is left behind, and who waits for whom; and how far behind relays are.
pub fn limits(seed: u64) {
    println!(
        "| media a day | machines, their addresses | without a record after one day, two | texts of people | videos of \
         people | the guest's items | attempts put off | cores busy |"
    );
    println!("|--:|---|--:|---|---|---|--:|--:|");
    for (load, workers, is_one_address, is_bypassed) in [
        (1_000.0, 4, true, false),
        (10_000.0, 4, true, false),
        (10_000.0, 4, false, false),
        (10_000.0, 4, true, true),
        (100_000.0, 4, true, false),
        (100_000.0, 64, false, false),
        (100_000.0, 4, true, true),
    ] {
        let mut scenario = Scenario { is_bypassed, is_one_address, ..Scenario::new(workers, load, seed) };
        scenario.demand.days = 2;
        let day = scenario.run();
        let left = [1, 2].map(|days| {
            let (come, left) = day.fleet.left_after(days);
            format!("{} ({:.0} %)", number(left as f64), 100.0 * left as f64 / come as f64)
        });
        let [_, playable, _, text] = times(&day, Whose::Others);
        let guests = day.seconds(&Medium::ALL, Whose::Guests, |times| times.published).words();
        let addresses = match (is_bypassed, is_one_address) {
            (true, _) => "bypass key",
            (false, true) => "one",
            (false, false) => "each its own",
        };
        println!(
            "| {} | {workers}, {addresses} | {} | {text} | {playable} | {guests} | {} | {:.2} |",
            number(load),
            left.join(", "),
            number(day.fleet.usage.postponed as f64),
            day.cores(),
        );
    }
    println!();
    println!(
        "| accounts that the relay allows | events an hour, a day | behind after two days of 10,000 media | of 100,000 |"
    );
    println!("|--:|--:|--:|--:|");
    let days = [10_000.0, 100_000.0].map(|load| {
        let mut scenario = Scenario::new(4, load, seed);
        scenario.demand.days = 2;
        scenario.run()
    });
    for accounts in [100, 4_201, 8_000, 10_000, 20_000] {
        let [_, (_, hour), (_, day)] = Relay::rates(accounts);
        let behind = days.each_ref().map(|day| duration(day.relay_behind(accounts)));
        let [accounts, hour, day] = [accounts, hour, day].map(|count| number(count as f64));
        println!("| {accounts} | {hour}, {day} | {} |", behind.join(" | "));
    }
}

/// What the way to the servers, the choice of the worker and many sessions change.
pub fn details(seed: u64) {
    println!(
        "| 100,000 media a day, 8 × 2 cores | tape waits p50, p99, most | playable | painting published | text published |"
    );
    println!("|---|---|---|---|---|");
    let far = Distance { round_trip: 0.03, megabytes: Some(20.0) };
    for (name, tapes, choice, distance) in [
        ("10 % tapes", 0.1, Choice::Any, Distance::default()),
        ("10 % tapes, the idlest worker first", 0.1, Choice::Idlest, Distance::default()),
        ("10 % tapes, servers 30 ms away, 20 MB a second from Spaces", 0.1, Choice::Any, far),
        ("only tapes", 1.0, Choice::Any, Distance::default()),
        ("only tapes, the idlest worker first", 1.0, Choice::Idlest, Distance::default()),
        ("only tapes, servers 30 ms away, 20 MB a second from Spaces", 1.0, Choice::Any, far),
    ] {
        let mut scenario = Scenario { choice, distance, ..Scenario::new(8, 100_000.0, seed) };
        scenario.demand.tapes = tapes;
        println!("| {name} | {} |", times(&scenario.run(), Whose::Everybodys).join(" | "));
    }
    println!();
    println!(
        "| workers | logins a day, 100,000 media | in the fullest hour | requests to the PDS a day | messages of JetStream a second at \
         the peak | while idle |"
    );
    println!("|--:|--:|--:|--:|--:|--:|");
    for workers in [1, 4, 16, 64] {
        let usage = Scenario::new(workers, 100_000.0, seed).run().fleet.usage;
        let [logins, most, requests] = [usage.logins.sum(), usage.logins.most(), usage.requests.sum()].map(number);
        let idle = workers as f64 * PULLS;
        let messages = number(usage.messages.most_a_second() + idle);
        println!("| {workers} | {logins} | {most} | {requests} | {messages} | {} |", number(idle));
    }
}
