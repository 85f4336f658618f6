//! Many machines: what saturates first, and at which load, when 1 to 64 workers serve a site of up to 100,000 media a day.
//!
//! `scripts/bench-fleet` runs this. It is a simulation of discrete events; nothing in it talks to a server, and the same seed
//! prints the same tables on every machine.
//!
//! * **Demand** (`demand.rs`): tapes, paintings, moods, pieces and kidlisp in the site's proportions, by 4,201 accounts of which few
//!   make most, and by the guest account. They come at random, at a rate that follows the day: a sine, and an hour of five times
//!   the day's mean.
//! * **Costs** (`costs.rs`): measured times of jobs, seconds of CPU of recorded tapes, requests and writes.
//! * **Machines** (`fleet.rs`, `worker.rs`, `cores.rs`): one queue; workers with the slots of `src/serve/runner.rs`, an encoder permit
//!   for each core, cores that are shared by what computes, sessions and patience of their own.
//! * **Limits** (`limits.rs`): those of the reference PDS as its installer sets them, and the relay's three rates.
//! * **Theory** (`theory.rs`): each run begins with checks against M/M/c, M/D/1, shared processors and the arithmetic of the limits.
//!
//! Simplifications: machines know at once what others have used of a limit; nothing fails or is taken back; the nightly plan,
//! webhooks and views of pages are left out; the PDS and MongoDB answer as fast as they did when they had nothing else to do.

mod clock;
mod cores;
mod costs;
mod day;
mod demand;
mod fleet;
mod item;
mod job;
mod limits;
mod random;
mod setup;
mod tables;
mod theory;
mod usage;
mod worker;

use clap::{Parser, ValueEnum};

/// Simulates a day of the site with many machines.
#[derive(Debug, Parser)]
struct Arguments {
    /// Only these, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["theory", "resources", "waits", "limits", "details"])]
    only: Vec<Part>,
    /// Another seed, another day
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Given by cargo bench, and not by cargo test
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Theory,
    Resources,
    Waits,
    Limits,
    Details,
}

fn main() {
    let arguments = Arguments::parse();
    // `cargo test --benches` runs this too, with nothing to measure.
    if !arguments.bench {
        return;
    }
    for part in &arguments.only {
        match part {
            Part::Theory => theory::check(),
            Part::Resources => tables::resources(arguments.seed),
            Part::Waits => tables::waits(arguments.seed),
            Part::Limits => tables::limits(arguments.seed),
            Part::Details => tables::details(arguments.seed),
        }
        println!();
    }
}
