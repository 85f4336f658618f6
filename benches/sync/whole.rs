//! A whole site, synced from nothing under the PDS's limits: whether the time that the plan tells is right, memory, and that
//! nothing is lost or made twice though the program is killed ten times.

use std::fs::{File, read_to_string};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};
use serde_json::Value;
use telecine::record::Medium;

use crate::population::{check, populate};
use crate::resident::{in_tenths, resident};
use crate::stack::Stack;
use crate::stack::site::{BYPASS_KEY, Site};

const KILLS: u32 = 10;

/// The interval of memory samples.
const SAMPLING: Duration = Duration::from_secs(1);

/// With this key, what the benchmark does itself is not limited.
const KEY: &str = "operator";

/// Syncs that number of accounts and items.
pub async fn measure(accounts: usize, items: usize) {
    let stack = Stack::start(&[("PDS_RATE_LIMITS_ENABLED", "true"), (BYPASS_KEY, KEY)]);
    let mut environment = stack.environment().clone();
    environment.insert(BYPASS_KEY.into(), KEY.into());
    let site = Site::of(environment, "").await;
    let begun = Instant::now();
    let owners = populate(&site, accounts, items).await;
    println!("whole site: {accounts} accounts and {items} items, made in {:.0} s", begun.elapsed().as_secs_f64());

    let folder = tempfile::tempdir().unwrap();
    let (planned, took) = plan(&site, folder.path());
    let told = Duration::from_secs(planned["seconds"].as_u64().unwrap());
    println!("  planned in {:.0} s: {:.0} s for {}", took.as_secs_f64(), told.as_secs_f64(), records(&planned));

    let begun = Instant::now();
    let mut samples = Vec::new();
    let mut kills = 0;
    let last = loop {
        let mut child = sync(&site, folder.path(), kills);
        // Closer together at the beginning, when most is done; the last one ends by itself.
        let share = if kills < KILLS { (f64::from(kills + 1) / f64::from(KILLS + 1)).powf(1.5) } else { 10.0 };
        if let Some(status) = watch(&mut child, begun + told.mul_f64(share), &mut samples).await {
            break status;
        }
        kills += 1;
        child.kill().unwrap();
        child.wait().unwrap();
        println!("  killed after {:.0} s: {} items done", begun.elapsed().as_secs_f64(), done(&site).await);
    };
    assert!(is_good(last), "{last}\n{}", read_to_string(folder.path().join(log(kills))).unwrap());
    let took = begun.elapsed();
    let ratio = took.div_duration_f64(told);
    println!("  synced in {:.0} s, {ratio:.3} of the told time, killed {kills} times", took.as_secs_f64());
    println!("  {}", in_tenths(&samples));
    check(&site, &owners).await;
    println!("  each item has one record; planned afterwards: {}", records(&plan(&site, folder.path()).0));
}

/// The last line of a plan, and how long the plan took.
fn plan(site: &Site, folder: &Path) -> (Value, Duration) {
    let begun = Instant::now();
    let output = telecine(site, folder).args(["sync", "--json"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(is_good(output.status), "{}\n{text}{}", output.status, String::from_utf8_lossy(&output.stderr));
    (serde_json::from_str(text.lines().last().unwrap()).unwrap(), begun.elapsed())
}

/// The number of records that a plan creates, in words.
fn records(plan: &Value) -> String {
    let media = plan["planned"].as_object().unwrap().iter();
    let counts = media.map(|(medium, counts)| format!("{} {medium}", counts["create"]));
    counts.collect::<Vec<_>>().join(", ")
}

/// Whether there was something to do and it was done, or nothing.
fn is_good(status: ExitStatus) -> bool {
    matches!(status.code(), Some(0 | 3))
}

/// Starts a sync.
fn sync(site: &Site, folder: &Path, number: u32) -> Child {
    let log = File::create(folder.join(log(number))).unwrap();
    let mut command = telecine(site, folder);
    command.args(["sync", "--live"]).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    command.spawn().unwrap()
}

/// The file with the output of a sync.
fn log(number: u32) -> String {
    format!("sync-{number}.log")
}

/// The program, which the PDS does limit.
fn telecine(site: &Site, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telecine"));
    command.envs(site.environment()).env_remove(BYPASS_KEY).current_dir(folder);
    command
}

/// Samples the memory of a sync up to a point in time. Returns its status if it ends before.
async fn watch(child: &mut Child, until: Instant, samples: &mut Vec<u64>) -> Option<ExitStatus> {
    while Instant::now() < until {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        samples.extend(resident(child.id()));
        tokio::time::sleep(SAMPLING).await;
    }
    None
}

/// The number of items whose record's key is in MongoDB.
async fn done(site: &Site) -> u64 {
    let mut sum = 0;
    for medium in Medium::ALL {
        let items = site.database().collection::<Document>(medium.plural());
        sum += items.count_documents(doc! { "atproto.rkey": { "$exists": true } }).await.unwrap();
    }
    sum
}
