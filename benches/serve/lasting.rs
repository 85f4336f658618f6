//! Months in minutes: two thousand bakes and a hundred thousand changes of items, and the memory of the service meanwhile, which
//! is to stay where it is.

use std::fmt::Write;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use mongodb::bson::{Document, doc};

use crate::program::{Serving, database, post, receiver, zip_url};
use crate::resident::{in_tenths, resident};
use crate::stack::Stack;
use crate::stack::site::Site;
use crate::support::tape::TapeBuilder;

/// The interval of memory samples.
const LOOK: Duration = Duration::from_millis(500);

/// Moods, each of which is edited again and again.
const MOODS: usize = 1_000;

/// Tapes that are made and posted between two rounds of edits.
const TAPES_A_ROUND: usize = 20;

/// A look at the service.
struct Sample {
    seconds: f64,
    resident: u64,
}

pub async fn measure(stack: &Stack, bakes: usize, changes: usize) {
    let site = Site::on(stack).await;
    let owner = site.account("maker").await;
    let callback_url = receiver().await;
    let moods = site.database().collection::<Document>("moods");
    for number in 0..MOODS {
        site.add_mood(&owner, &format!("mood {number}")).await;
    }
    let serving = Serving::start(&site, &[("TELECINE_SETTLE", "0s")]);
    let jobs = site.database().client().database(&database(&site)).collection::<Document>("jobs");
    let tape = TapeBuilder::numbered(96, 64, 30);
    let started = Instant::now();
    let process = serving.process();
    let sampling = tokio::spawn(async move {
        let mut samples = Vec::new();
        while let Some(resident) = resident(process) {
            samples.push(Sample { seconds: started.elapsed().as_secs_f64(), resident });
            tokio::time::sleep(LOOK).await;
        }
        samples
    });
    let rounds = (changes / MOODS).max(bakes / TAPES_A_ROUND);
    let (mut posted, mut edited) = (0, 0);
    for round in 0..rounds {
        if edited < changes {
            moods.update_many(doc! {}, doc! { "$set": { "mood": format!("edit {round}") } }).await.unwrap();
            edited += MOODS;
        }
        let codes: Vec<_> = (posted..bakes.min(posted + TAPES_A_ROUND)).map(|number| format!("t{number}")).collect();
        posted += codes.len();
        let make_and_post = async |code: String| {
            let id = site.add_tape(&owner, &code, &tape).await.to_hex();
            post(&serving.address, &id, &code, &zip_url(&site, &owner, &code), &callback_url).await;
        };
        stream::iter(codes).for_each_concurrent(4, make_and_post).await;
        // As many as that may wait: the backlog grows and shrinks, as it does over a day.
        while count(&jobs, doc! { "work.kind": "bake", "due": { "$exists": true } }).await > 200 {
            tokio::time::sleep(LOOK).await;
        }
    }
    // Every edit is a change that is read; every insert and every key that is written is another.
    while serving.counted("telecine_changes_total").await < edited as u64
        || count(&jobs, doc! { "due": { "$exists": true } }).await > 0
    {
        tokio::time::sleep(LOOK).await;
    }
    let finished = count(&jobs, doc! { "work.kind": "bake", "state": "done" }).await;
    let read = serving.counted("telecine_changes_total").await;
    drop(serving);
    let samples = sampling.await.unwrap();
    println!("{finished} bakes and {read} changes in {:.0} s", started.elapsed().as_secs_f64());
    let resident: Vec<_> = samples.iter().map(|sample| sample.resident).collect();
    println!("  {}", in_tenths(&resident));
    let peak = resident.into_iter().max().unwrap_or_default();
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let plot = folder.join("serve-memory.svg");
    std::fs::write(&plot, draw(&samples, peak)).unwrap();
    println!("  plotted in {}", plot.display());
}

async fn count(jobs: &mongodb::Collection<Document>, filter: Document) -> u64 {
    jobs.count_documents(filter).await.unwrap()
}

/// Memory over time, from nothing at the bottom to 400 MiB at the top.
fn draw(samples: &[Sample], peak: u64) -> String {
    let (width, height, top) = (800.0, 200.0, (400_u64 << 20).max(peak) as f64);
    let end = samples.last().map_or(1.0, |sample| sample.seconds);
    let mut points = String::new();
    for sample in samples {
        let (x, y) = (sample.seconds / end * width, height - sample.resident as f64 / top * height);
        write!(points, "{x:.1},{y:.1} ").expect("a String takes all");
    }
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}'>\
         <polyline fill='none' stroke='#c36' points='{}'/></svg>\n",
        points.trim_end()
    )
}
