//! A sync that makes progress ends, however often another client writes to the repo.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use mongodb::bson::{Document, doc};
use serde_json::json;
use telecine::record::Medium;

use crate::stack::site::Account;
use crate::sync::Syncing;

async fn add_moods(syncing: &Syncing, owner: &Account, count: usize) {
    let mood = |number: usize| {
        let when = mongodb::bson::DateTime::from_millis(1_700_000_000_000 + number as i64);
        doc! { "user": &owner.sub, "when": when, "mood": format!("mood {number}") }
    };
    let moods = syncing.site.database().collection::<Document>("moods");
    moods.insert_many((0..count).map(mood)).await.unwrap();
}

/// Likes something every so often until it is told to stop; says how often that was.
async fn like(syncing: &Syncing, owner: &Account, pause: Duration, stop: Arc<AtomicBool>) -> usize {
    let likes = AtomicUsize::new(0);
    while !stop.load(Ordering::Relaxed) {
        let number = likes.fetch_add(1, Ordering::Relaxed);
        let record = json!({
            "$type": "app.bsky.feed.like", "createdAt": "2026-01-01T00:00:00Z",
            "subject": { "uri": format!("at://did:plc:x/app.bsky.feed.post/{number}"), "cid": "bafyreia" },
        });
        let body =
            json!({ "repo": owner.did(), "collection": "app.bsky.feed.like", "validate": false, "record": record });
        syncing.site.pds().post(&owner.session, "com.atproto.repo.createRecord", &body).await;
        tokio::time::sleep(pause).await;
    }
    likes.into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_likes_all_the_time_does_not_keep_a_sync_from_its_end() {
    const COUNT: usize = 1_000;
    let syncing = Syncing::new().await;
    let [calm, busy] = [syncing.site.account("calm").await, syncing.site.account("busy").await];
    for owner in [&calm, &busy] {
        add_moods(&syncing, owner, COUNT).await;
    }
    let undisturbed = syncing.run("sync --live --user ^calm").await.succeeds();
    let stop = Arc::new(AtomicBool::new(false));
    let syncs = async {
        let run = syncing.run("sync --live --user ^busy --report report.json").await;
        stop.store(true, Ordering::Relaxed);
        run
    };
    let (run, likes) = tokio::join!(syncs, like(&syncing, &busy, Duration::from_millis(200), stop.clone()));
    println!("undisturbed {:?}, with {likes} likes {:?}", undisturbed.elapsed, run.elapsed);
    let run = run.succeeds();
    assert!(likes > 3, "{likes}");
    assert_eq!(syncing.site.records(&busy, Medium::Mood).await.len(), COUNT);
    assert!(run.elapsed < 3 * undisturbed.elapsed + Duration::from_secs(2), "{:?}", run.elapsed);
    assert_eq!(syncing.run("sync --live").await.code, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_the_site_writes_meanwhile_is_not_written_twice() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("popular").await;
    let id = syncing.site.add_mood(&owner, "hello").await;
    let proxy = syncing.pds_proxy();
    // Between our look and our write: the site, under a key of its own.
    proxy.once("applyWrites", crate::stack::proxy::Fault::Delay(Duration::from_secs(2)));
    let collection = Medium::Mood.collection();
    let when = syncing.site.item(Medium::Mood, id).await.get_datetime("when").unwrap().try_to_rfc3339_string().unwrap();
    let value = json!({ "$type": collection, "text": "hello", "mood": "hello", "when": when, "ref": id.to_hex() });
    let site = async {
        while proxy.count("applyWrites") == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        syncing.site.pds().put_record(&owner.session, collection, "3laaaaaaaaaa2", &value).await;
    };
    let (run, ()) = tokio::join!(syncing.run("sync --live"), site);
    run.succeeds();
    let records = syncing.site.records(&owner, Medium::Mood).await;
    assert_eq!(records.iter().map(|record| record.rkey.as_str()).collect::<Vec<_>>(), ["3laaaaaaaaaa2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wipe_and_a_restore_get_through_too() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("busy").await;
    add_moods(&syncing, &owner, 600).await;
    syncing.run("sync --live").await.succeeds();
    let before = syncing.site.records(&owner, Medium::Mood).await;
    let stop = Arc::new(AtomicBool::new(false));
    let work = async {
        syncing.run("wipe busy --live --yes").await.succeeds();
        assert_eq!(syncing.site.records(&owner, Medium::Mood).await.len(), 0);
        let from = format!("telecine-backup/{}", owner.handle);
        syncing.run(&format!("restore busy --from {from} --live --yes")).await.succeeds();
        stop.store(true, Ordering::Relaxed);
    };
    tokio::join!(work, like(&syncing, &owner, Duration::from_millis(300), stop.clone()));
    assert_eq!(syncing.site.records(&owner, Medium::Mood).await, before);
}
