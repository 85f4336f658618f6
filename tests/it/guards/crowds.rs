//! Thousands of owners are counted, not listed; what makes them slow is said.

use mongodb::bson::{Document, doc};
use mongodb::options::IndexOptions;
use serde_json::Value;

use crate::sync::Syncing;

#[tokio::test(flavor = "multi_thread")]
async fn owners_without_an_account_are_one_line_and_all_of_them_in_json() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("member").await;
    syncing.site.add_mood(&owner, "hello").await;
    let moods = syncing.site.database().collection::<Document>("moods");
    let strangers = (0..300).map(|number| doc! { "mood": "hello", "user": format!("auth0|{number}") });
    moods.insert_many(strangers).await.unwrap();
    let run = syncing.run("sync").await;
    assert!(run.stdout().lines().count() < 20, "{}", run.stdout());
    assert!(run.stdout().contains("blocked    300 × no account on the PDS: "), "{}", run.stdout());
    let accounts = syncing.run("sync --json").await.json();
    let blocked = |account: &&Value| account["blocked"] == "no account on the PDS";
    assert_eq!(accounts.iter().filter(blocked).count(), 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_collection_without_an_index_is_told_of() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("member").await;
    let moods = syncing.site.database().collection::<Document>("moods");
    let items = (0..10_000).map(|_| doc! { "mood": "x", "user": &owner.sub, "deleted": true });
    moods.insert_many(items).await.unwrap();
    let told = "note: moods has no index on user, so every account reads all of it";
    for command in ["sync", "status", "compare --all"] {
        let run = syncing.run(command).await;
        assert!(run.stderr.starts_with(told), "{command}: {}", run.stderr);
    }
    assert_eq!(syncing.run("compare member").await.stderr, "");
    let options = IndexOptions::builder().name("user".to_owned()).build();
    let index = mongodb::IndexModel::builder().keys(doc! { "user": 1 }).options(options).build();
    moods.create_index(index).await.unwrap();
    assert_eq!(syncing.run("status").await.stderr, "");
}
