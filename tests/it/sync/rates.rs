//! A PDS that limits: no more is asked of it than it allows, and who has nothing left waits.

use std::sync::Arc;
use std::time::Duration;

use mongodb::bson::doc;
use serde_json::{Value, json};
use telecine::record::Medium;

use super::Syncing;
use crate::stack::proxy::{Answer, Fault};
use crate::stack::site::{Account, Site};
use crate::stack::{Stack, stack};
use crate::support::command::{Run, run};

/// The most writes in a batch, and what it costs to create as many records.
const BATCH: usize = 200;
const POINTS: usize = 3 * BATCH;

fn limiting() -> Stack {
    Stack::start(&[("PDS_RATE_LIMITS_ENABLED", "true")])
}

async fn add_moods(site: &Site, owner: &Account, count: usize) {
    let moods = (0..count).map(|number| {
        let when = mongodb::bson::DateTime::from_millis(1_700_000_000_000 + number as i64);
        doc! { "user": &owner.sub, "mood": format!("mood {number}"), "when": when }
    });
    site.database().collection("moods").insert_many(moods).await.unwrap();
}

/// The log of a run of which the program tells everything.
async fn told(syncing: &Syncing, arguments: &str) -> Run {
    let mut command = syncing.command(arguments);
    command.env("TELECINE_LOG", "debug");
    tokio::task::spawn_blocking(move || run(&mut command)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_refusal_is_provoked_and_one_login_is_enough() {
    let stack = limiting();
    let mut syncing = Syncing::of(Site::on(&stack).await);
    let owner = syncing.site.account("moody").await;
    add_moods(&syncing.site, &owner, 300).await;
    syncing.fill(&owner).await;
    let proxy = syncing.pds_proxy();
    let run = told(&syncing, "sync --live").await.succeeds();
    assert!(run.stderr.contains("status=200"), "{}", run.stderr);
    assert!(!run.stderr.contains("status=429"), "{}", run.stderr);
    assert_eq!(syncing.site.records(&owner, Medium::Mood).await.len(), 312);
    assert_eq!(proxy.count("createSession"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_used_up_what_there_is_waits_says_so_and_can_be_stopped() {
    let stack = limiting();
    let syncing = Syncing::of(Site::on(&stack).await);
    let owner = syncing.site.account("busy").await;
    // Of 5,000 points in an hour, 200 are left.
    for batch in 0..5000 / POINTS {
        let writes: Vec<Value> = (0..BATCH)
            .map(|number| {
                json!({
                    "$type": "com.atproto.repo.applyWrites#create",
                    "collection": "test.telecine.filler",
                    "rkey": format!("{batch}-{number}"),
                    "value": { "$type": "test.telecine.filler" },
                })
            })
            .collect();
        let body = json!({ "repo": owner.did(), "validate": false, "writes": writes });
        syncing.site.pds().post(&owner.session, "com.atproto.repo.applyWrites", &body).await;
    }
    add_moods(&syncing.site, &owner, 300).await;

    let mut command = syncing.command("sync --live --json --report report.json");
    let log = std::fs::File::create(syncing.workshop.path("log")).unwrap();
    command.env("TELECINE_LOG", "info").stdout(log.try_clone().unwrap()).stderr(log);
    let mut child = command.spawn().unwrap();
    let read = || String::from_utf8(syncing.workshop.get("log")).unwrap();
    let mut patience = 0;
    while !read().contains("waiting for the server's rate limit") {
        assert!(child.try_wait().unwrap().is_none() && patience < 600, "{}", read());
        tokio::time::sleep(Duration::from_millis(100)).await;
        patience += 1;
    }
    let stop = format!("kill -s INT {}", child.id());
    assert!(std::process::Command::new("sh").args(["-c", &stop]).status().unwrap().success());
    let status = tokio::task::spawn_blocking(move || child.wait().unwrap());
    let status = tokio::time::timeout(Duration::from_secs(20), status).await.expect("it stops").unwrap();
    assert_eq!(status.code(), Some(130), "{}", read());
    let report: Value = serde_json::from_slice(&syncing.workshop.get("report.json")).unwrap();
    assert_eq!(report["accounts"][0]["failed"], "interrupted");
    assert_eq!(syncing.site.records(&owner, Medium::Mood).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_plans_and_has_to_wait_can_be_stopped_too() {
    let mut syncing = Syncing::of(Site::on(stack()).await);
    let owner = syncing.site.account("patient").await;
    add_moods(&syncing.site, &owner, 1).await;
    let proxy = Arc::new(syncing.pds_proxy());
    proxy.always("com.atproto.sync.getRepo", Fault::Answer(Answer::rate_limited(Duration::from_mins(1))));
    for arguments in ["sync", "compare --all", "wipe patient"] {
        let before = proxy.count("getRepo");
        let mut running = syncing.start(arguments);
        let waiting = proxy.clone();
        let run = tokio::task::spawn_blocking(move || {
            running.wait_until(|| waiting.count("getRepo") > before);
            std::thread::sleep(Duration::from_millis(300));
            running.signal("INT");
            running.finish()
        });
        let run = run.await.unwrap();
        assert_eq!(run.code, Some(130), "{arguments}: {}", run.stderr);
        assert!(run.elapsed < Duration::from_secs(20), "{arguments}: {:?}", run.elapsed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_is_prolonged_and_not_begun_again() {
    let mut syncing = Syncing::of(Site::on(stack()).await);
    let owner = syncing.site.account("long").await;
    syncing.fill(&owner).await;
    let proxy = syncing.pds_proxy();
    proxy.once("applyWrites", Fault::Answer(Answer::expired_token()));
    syncing.run("sync --live").await.succeeds();
    assert_eq!((proxy.count("createSession"), proxy.count("refreshSession")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_times_the_moods_take_hardly_more_memory() {
    let mut peaks = Vec::new();
    for count in [400, 4_000] {
        let syncing = Syncing::new().await;
        let owner = syncing.site.account("moody").await;
        add_moods(&syncing.site, &owner, count).await;
        let run = syncing.run("sync --live").await.succeeds();
        assert_eq!(syncing.site.records(&owner, Medium::Mood).await.len(), count);
        println!("{count} moods: {} MiB, {:?}", run.peak >> 20, run.elapsed);
        peaks.push(run.peak);
    }
    // Items and what is known of their records are in memory for one account at a time: some KiB each.
    assert!(peaks[1] < peaks[0] * 13 / 10 + (16 << 20), "{peaks:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_with_the_most_items_comes_first_because_limits_make_it_take_longest() {
    let mut syncing = Syncing::of(Site::on(stack()).await);
    let mut expected = Vec::new();
    for (name, moods) in [("few", 2), ("most", 9), ("one", 1), ("some", 5)] {
        let owner = syncing.site.account(name).await;
        add_moods(&syncing.site, &owner, moods).await;
        expected.push((moods, format!("did={}", owner.did().replace(':', "%3A"))));
    }
    expected.sort_by_key(|(moods, _)| std::cmp::Reverse(*moods));
    let proxy = syncing.pds_proxy();
    told(&syncing, "sync --users-at-once 1").await.succeeds();
    let reads: Vec<_> = proxy.lines().into_iter().filter(|line| line.contains("getRepo?")).collect();
    assert_eq!(reads.len(), expected.len(), "{reads:#?}");
    for (read, (_, did)) in reads.iter().zip(&expected) {
        assert!(read.contains(did), "{reads:#?}, expected {expected:#?}");
    }
}
