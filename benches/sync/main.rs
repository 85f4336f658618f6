//! What a sync costs against real servers: moods beside the site's own way, planning, tapes beside their transcoding
//! alone, and memory.
//!
//! `scripts/bench-sync` runs this. Servers, program and whatever else the machine does share its cores, so what is
//! compared takes turns, and what is printed is the median over the rounds.
#![allow(dead_code, reason = "tests need more of the servers than this does")]
#![allow(clippy::unwrap_used, reason = "a benchmark that fails should say where")]

mod large;
mod moods;
mod patience;
mod planning;
mod population;
mod program;
#[path = "../memory/resident.rs"]
mod resident;
#[path = "../../tests/it/stack/mod.rs"]
mod stack;
mod tapes;
#[path = "../../tests/it/support"]
mod support {
    pub mod largest;
    pub mod memory;
    pub mod picture;
    pub mod tape;
    pub mod wav;
}
mod whole;

use std::fs;
use std::process::Command;

use clap::{Parser, ValueEnum};
use stack::{background, stack};

/// Measures syncs against real servers of its own.
#[derive(Debug, Parser)]
struct Arguments {
    /// Only these, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["moods", "planning", "tapes", "memory"])]
    only: Vec<Part>,
    /// How often everything is done; planning and memory do not vary enough to be repeated
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,
    /// Moods written in each round, each way: enough that a login, which the PDS makes take 0.35 s, weighs little
    #[arg(long, value_name = "N", default_value_t = 8_000)]
    moods: usize,
    /// Accounts to plan; creating one takes a quarter of a second
    #[arg(long, value_name = "N", default_value_t = 100)]
    accounts: usize,
    /// Items of the whole site, which has as many accounts as --accounts says
    #[arg(long, value_name = "N", default_value_t = 2_400)]
    items: usize,
    /// Give the first core to the program and the others to the servers, which in life are on other machines
    #[arg(long)]
    apart: bool,
    /// Given by cargo bench, and not by cargo test
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Moods,
    Planning,
    Tapes,
    Memory,
    Paintings,
    Downloads,
    Patience,
    Whole,
}

fn main() {
    let arguments = Arguments::parse();
    // `cargo test --benches` runs this too, with nothing to measure.
    if !arguments.bench {
        return;
    }
    println!("{}", machine());
    if arguments.apart {
        program::keep_apart();
    }
    background().block_on(async {
        for part in &arguments.only {
            match part {
                Part::Moods => moods::compare(stack(), arguments.rounds, arguments.moods).await,
                Part::Planning => planning::measure(stack(), arguments.accounts).await,
                Part::Tapes => tapes::compare(stack(), arguments.rounds).await,
                Part::Memory => moods::memory(stack()).await,
                Part::Paintings => large::paintings(stack()).await,
                Part::Downloads => large::downloads(stack()).await,
                Part::Patience => patience::compare(stack()).await,
                Part::Whole => whole::measure(arguments.accounts, arguments.items).await,
            }
        }
    });
}

/// What all this ran on.
fn machine() -> String {
    let text = |path| fs::read_to_string(path).unwrap_or_default();
    let (processors, load) = (text("/proc/cpuinfo"), text("/proc/loadavg"));
    let model = processors.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(':').nth(1));
    let cores = std::thread::available_parallelism().unwrap();
    let commit = Command::new("git").args(["describe", "--always", "--dirty"]).output().unwrap().stdout;
    let load = load.split(' ').next().unwrap_or_default();
    let (model, commit) = (model.unwrap_or("unknown").trim(), String::from_utf8(commit).unwrap());
    format!("{cores} × {model}, telecine {}, load {load} before", commit.trim())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
