//! How many tapes one worker and two workers bake in a time, each on a core of its own, beside the conversion of the same
//! tapes by one program on one core; with jobs that come from NATS, and with jobs that workers look for.

use std::time::Duration;

use jiff::Timestamp;
use mongodb::bson::{Document, doc};

use crate::program::{Serving, convert_on_cores, database, post, receiver, seconds_of_cpu, zip_url};
use crate::stack::Stack;
use crate::stack::proxy::{Fault, Proxy};
use crate::stack::site::Site;
use crate::support::tape::TapeBuilder;

/// How often everything is measured, in turns.
const ROUNDS: usize = 3;

/// A tape of 8 s, as the site's are, at the rate of a screen. All have the same length, so that no worker is left with a long one
/// at the end.
const FRAMES: usize = 8 * 60;

pub async fn measure(stack: &Stack, tapes: usize) {
    let callback_url = receiver().await;
    let tape = TapeBuilder::numbered(337, 160, FRAMES);
    let zip = tape.zip();
    let all = vec![zip.as_slice(); tapes];
    for round in 0..ROUNDS {
        let [one, two] = [1, 2].map(|cores| convert_on_cores(cores, &all).as_secs_f64());
        println!("round {round}: {tapes} tapes of 8 s");
        println!("  convert: one core {one:.2} s, two {two:.2} s ({:.2} times the tapes)", one / two);
        for on_nats in [false, true] {
            let queue = if on_nats { "NATS" } else { "looking" };
            let alone = bake(stack, &tape, (tapes, &callback_url), 1, on_nats).await;
            let both = bake(stack, &tape, (tapes, &callback_url), 2, on_nats).await;
            println!(
                "  {queue}: one worker {:.2} s ({:.3} of convert), two {:.2} s ({:.2} times the tapes)",
                alone.wall,
                alone.wall / one,
                both.wall,
                alone.wall / both.wall
            );
            for (workers, baked) in [("one", alone), ("two", both)] {
                println!(
                    "    {workers}: workers use {:.2} cores, front {:.2}, others {:.2}",
                    baked.workers, baked.front, baked.others
                );
            }
        }
    }
}

struct Baked {
    /// From the first start of a job to the last end, in seconds.
    wall: f64,
    /// How many cores the workers used meanwhile, the front, and this program, which is S3, with what it has started.
    workers: f64,
    front: f64,
    others: f64,
}

/// Has tapes baked that all wait when the workers start.
async fn bake(
    stack: &Stack,
    tape: &TapeBuilder,
    (tapes, callback_url): (usize, &str),
    workers: usize,
    on_nats: bool,
) -> Baked {
    // The S3 server of the stack takes a tenth of a second of CPU for each ZIP, and Spaces take none of this machine's.
    let spaces = Proxy::of(&stack.environment()["ART_SPACES_ENDPOINT"]);
    let site = Site::behind(stack, &spaces).await;
    spaces.always(&format!("GET /{}", site.user_bucket()), Fault::Bytes(tape.zip()));
    let owner = site.account("maker").await;
    let nats = if on_nats { site.environment()["NATS_URL"].clone() } else { String::new() };
    let settings = |role| [("TELECINE_ROLE", role), ("TELECINE_QUEUE", nats.as_str()), ("TELECINE_SETTLE", "600s")];
    let front = Serving::start(&site, &settings("front"));
    for number in 0..tapes {
        let code = format!("t{number}");
        let id = site.add_tape(&owner, &code, tape).await;
        let zip = zip_url(&site, &owner, &code);
        post(&front.address, &id.to_hex(), &code, &zip, callback_url).await;
    }
    let (front_before, others_before) = (front.seconds_of_cpu(), others());
    let working: Vec<_> = (0..workers).map(|core| Serving::on_core(core, &site, &settings("worker"))).collect();
    let jobs = site.database().client().database(&database(&site)).collection::<Document>("jobs");
    let done = doc! { "work.kind": "bake", "state": "done" };
    while jobs.count_documents(done.clone()).await.unwrap() < tapes as u64 {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let workers: f64 = working.iter().map(Serving::seconds_of_cpu).sum();
    let (front, others) = (front.seconds_of_cpu() - front_before, others() - others_before);
    let end = async |field: &str, order: i32| {
        let found = jobs.find_one(doc! { "work.kind": "bake" }).sort(doc! { field: order }).await.unwrap().unwrap();
        Timestamp::from_millisecond(found.get_i64(field).unwrap()).unwrap()
    };
    let wall = end("finished", -1).await.duration_since(end("started", 1).await).as_secs_f64();
    Baked { wall, workers: workers / wall, front: front / wall, others: others / wall }
}

/// The processor time that this program and the servers have used: all but the service's.
fn others() -> f64 {
    let mut seconds = seconds_of_cpu(std::process::id());
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let name = std::fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
        let is_server = ["mongod", "nats-server", "node"].contains(&name.trim());
        if let (true, Ok(process)) = (is_server, entry.file_name().to_string_lossy().parse()) {
            seconds += seconds_of_cpu(process);
        }
    }
    seconds
}
