//! What the service costs and how fast it answers, against real servers: `/bake` while every core encodes, texts on the PDS
//! after their insert, a tape that can be played after its insert beside its conversion alone, and its memory over time.
//!
//! `scripts/bench-serve` runs this. Servers, service and load share the machine's cores.
#![allow(dead_code, reason = "tests need more of the servers than this does")]
#![allow(clippy::unwrap_used, reason = "a benchmark that fails should say where")]

mod accept;
mod lasting;
mod linear;
mod playable;
mod program;
#[path = "../memory/resident.rs"]
mod resident;
#[path = "../../tests/it/stack/mod.rs"]
mod stack;
#[path = "../../tests/it/support"]
mod support {
    pub mod picture;
    pub mod tape;
    pub mod wav;
}
mod texts;
mod watchers;

use std::time::Duration;

use clap::{Parser, ValueEnum};
use stack::{Stack, background};

/// Measures the service against real servers of its own.
#[derive(Debug, Parser)]
struct Arguments {
    /// Only these, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["accept", "texts", "playable"])]
    only: Vec<Part>,
    /// Seconds that each load lasts
    #[arg(long, value_name = "N", default_value_t = 30)]
    seconds: u64,
    /// Tapes that `lasting` has baked
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    bakes: usize,
    /// Tapes that `linear` has baked, each time
    #[arg(long, value_name = "N", default_value_t = 60)]
    tapes: usize,
    /// Changes of items that `lasting` makes
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    changes: usize,
    /// Given by cargo bench, and not by cargo test
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Accept,
    Texts,
    Playable,
    Lasting,
    Linear,
    Watchers,
}

fn main() {
    let arguments = Arguments::parse();
    // `cargo test --benches` runs this too, with nothing to measure.
    if !arguments.bench {
        return;
    }
    let stack = Stack::start(&[]);
    let lasts = Duration::from_secs(arguments.seconds);
    background().block_on(async {
        for part in &arguments.only {
            match part {
                Part::Accept => accept::measure(&stack, lasts).await,
                Part::Texts => texts::measure(&stack, lasts).await,
                Part::Playable => playable::measure(&stack).await,
                Part::Watchers => watchers::measure(&stack).await,
                Part::Linear => linear::measure(&stack, arguments.tapes).await,
                Part::Lasting => lasting::measure(&stack, arguments.bakes, arguments.changes).await,
            }
        }
    });
}

/// The median, the 99th percentile and the worst of some times, in words.
fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1000.0;
    format!("p50 {:.1} ms, p99 {:.1} ms, worst {:.1} ms, of {}", at(0.5), at(0.99), at(1.0), times.len())
}
