//! What is synced when not everything is: by account, type, code, number; and what was taken back.

use std::collections::HashSet;

use mongodb::bson::{DateTime, Document, doc};
use telecine::record::Medium;

use super::Syncing;

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_chosen_by_pattern_whatever_the_case() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let mut owners = Vec::new();
    for name in ["anna", "annabel", "bert"] {
        let owner = site.account(name).await;
        site.add_mood(&owner, name).await;
        owners.push(owner);
    }
    syncing.run("sync --live --user ^ANNA --users-at-once 1").await.succeeds();
    let mut found = Vec::new();
    for owner in &owners {
        found.push(site.records(owner, Medium::Mood).await.len());
    }
    assert_eq!(found, [1, 1, 0]);
    assert_eq!(syncing.run("sync --live --user nobody").await.code, Some(3));
    let wrong = syncing.run("sync --user (").await;
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("--user is not a regular expression"), "{}", wrong.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn items_are_chosen_by_type_code_and_number() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let owner = site.account("picky").await;
    for number in 0..5 {
        site.add_mood(&owner, &format!("mood {number}")).await;
        site.add_kidlisp(&owner, &format!("k{number}"), "(wipe blue)").await;
    }
    site.add_piece(&owner, "dance").await;
    let counts = async || {
        let [moods, pieces, kidlisp] = [Medium::Mood, Medium::Piece, Medium::Kidlisp];
        let count = async |medium| site.records(&owner, medium).await.len();
        (count(moods).await, count(pieces).await, count(kidlisp).await)
    };
    syncing.run("sync --live --code k3").await.succeeds();
    assert_eq!(counts().await, (0, 0, 1));
    assert_eq!(site.records(&owner, Medium::Kidlisp).await[0].value["code"], "k3");
    syncing.run("sync --live --types moods,pieces --limit 2").await.succeeds();
    assert_eq!(counts().await, (2, 1, 1));
    syncing.run("sync --live --limit 2").await.succeeds();
    assert_eq!(counts().await, (4, 1, 3));
    syncing.run("sync --live").await.succeeds();
    assert_eq!(counts().await, (5, 1, 5));
    assert_eq!(syncing.run("sync --live").await.code, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_back_says_so_or_goes() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let owner = site.account("shy").await;
    let picture = crate::support::picture::Picture::numbered(32, 32, 1);
    let id = site.add_painting(&owner, "p1", &picture).await;
    syncing.run("sync --live").await.succeeds();
    let paintings = site.database().collection::<Document>("paintings");
    paintings.update_one(doc! { "_id": id }, doc! { "$set": { "nuked": true } }).await.unwrap();
    syncing.run("sync --live").await.succeeds();
    assert_eq!(site.records(&owner, Medium::Painting).await[0].value["nuked"], true);
    syncing.run("sync --live --nuked withhold").await.succeeds();
    assert_eq!(site.records(&owner, Medium::Painting).await, []);
    assert_eq!(syncing.run("sync --live --nuked withhold").await.code, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn moods_of_one_millisecond_have_keys_of_their_own_and_keep_them() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("quick").await;
    let when = DateTime::from_millis(1_700_000_000_000);
    for number in 0..50 {
        syncing.site.add(&owner, Medium::Mood, doc! { "mood": format!("{number}"), "when": when }).await;
    }
    syncing.run("sync --live --limit 20").await.succeeds();
    syncing.run("sync --live").await.succeeds();
    let records = syncing.site.records(&owner, Medium::Mood).await;
    let keys: HashSet<_> = records.iter().map(|record| record.rkey.clone()).collect();
    assert_eq!((records.len(), keys.len()), (50, 50));
    assert_eq!(syncing.run("sync --live").await.code, Some(3));
}
