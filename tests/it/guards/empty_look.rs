//! Nothing goes because the other side only looks empty, and what goes has been saved.

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use serde_json::json;
use telecine::record::Medium;

use crate::stack::site::Account;
use crate::support::picture::Picture;
use crate::sync::Syncing;

/// A site with this number of moods, all of them published.
async fn published(count: usize) -> (Syncing, Account, Vec<ObjectId>) {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("jeffrey").await;
    let mut moods = Vec::new();
    for number in 0..count {
        moods.push(syncing.site.add_mood(&owner, &format!("mood {number}")).await);
    }
    syncing.run("sync --live").await.succeeds();
    (syncing, owner, moods)
}

async fn forget(syncing: &Syncing, medium: Medium, ids: &[ObjectId]) {
    let items = syncing.site.database().collection::<Document>(medium.plural());
    items.delete_many(doc! { "_id": { "$in": ids } }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_that_is_empty_for_the_whole_site_deletes_nothing() {
    let (syncing, owner, moods) = published(3).await;
    forget(&syncing, Medium::Mood, &moods).await;
    for arguments in ["sync --orphans delete", "sync --live --orphans delete --max-deletes 1000 --report report.json"] {
        let run = syncing.run(arguments).await;
        assert_eq!(run.code, Some(1), "{arguments}: {}", run.stdout());
        let expected = "failed     1 × 3 moods have no item, but mongodb holds no moods at all: jeffrey";
        assert!(run.stdout().contains(expected), "{arguments}: {}", run.stdout());
    }
    assert_eq!(syncing.site.records(&owner, Medium::Mood).await.len(), 3);
    let report: serde_json::Value = serde_json::from_slice(&syncing.workshop.get("report.json")).unwrap();
    let refused = &report["accounts"][0]["refused"];
    assert_eq!((&refused[0]["medium"], &refused[0]["records"]), (&json!("mood"), &json!(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_small_share_goes_only_if_one_says_so() {
    let (syncing, owner, moods) = published(60).await;
    forget(&syncing, Medium::Mood, &moods[..8]).await;
    let run = syncing.run("sync --live --orphans delete --max-deletes 5").await;
    assert_eq!(run.code, Some(1), "{}", run.stdout());
    assert!(run.stdout().contains("8 of 60 moods have no item; the limit on deletions is 6"), "{}", run.stdout());
    assert!(run.stdout().contains("--max-deletes"), "{}", run.stdout());
    assert_eq!(syncing.site.records(&owner, Medium::Mood).await.len(), 60);
    assert!(!syncing.workshop.path("telecine-backup").exists());

    // A tenth is a small share whatever the number is.
    forget(&syncing, Medium::Mood, &moods[8..9]).await;
    syncing.run("sync --live --orphans delete --max-deletes 9").await.succeeds();
    assert_eq!(syncing.site.records(&owner, Medium::Mood).await.len(), 51);
    forget(&syncing, Medium::Mood, &moods[9..14]).await;
    syncing.run("sync --live --orphans delete --max-deletes 0").await.succeeds();
    assert_eq!(syncing.site.records(&owner, Medium::Mood).await.len(), 46);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_has_been_saved_with_its_files_and_comes_back_from_there() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("jeffrey").await;
    let mut paintings = Vec::new();
    for number in 0..3 {
        let picture = Picture::numbered(32, 32, number);
        paintings.push(syncing.site.add_painting(&owner, &format!("p{number}"), &picture).await);
    }
    syncing.run("sync --live").await.succeeds();
    let before = syncing.site.records(&owner, Medium::Painting).await;
    forget(&syncing, Medium::Painting, &paintings[..2]).await;

    let run = syncing.run("sync --live --orphans delete --backup saved").await.succeeds();
    assert_eq!(syncing.site.records(&owner, Medium::Painting).await.len(), 1);
    let undo = run.stdout().lines().find(|line| line.starts_with("undo")).expect("it says how");
    let undo = undo.split_once("telecine ").unwrap().1.to_owned();
    assert!(undo.contains(&format!("restore {} --from saved/{}/", owner.handle, owner.handle)), "{undo}");
    syncing.run(&format!("{undo} --yes")).await.succeeds();
    assert_eq!(syncing.site.records(&owner, Medium::Painting).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_that_could_not_be_saved() {
    let (syncing, owner, moods) = published(4).await;
    forget(&syncing, Medium::Mood, &moods[..1]).await;
    let run = syncing.run("sync --live --orphans delete --backup /dev/null/nowhere").await;
    assert_eq!(run.code, Some(1), "{}", run.stdout());
    assert_eq!(syncing.site.records(&owner, Medium::Mood).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_whose_item_is_only_somebody_elses_by_now_stays() {
    let (syncing, owner, moods) = published(4).await;
    let items = syncing.site.database().collection::<Document>("moods");
    for (id, user) in moods.iter().zip([doc! { "user": null }, doc! { "user": 7 }, doc! { "user": "auth0|other" }]) {
        items.update_one(doc! { "_id": id }, doc! { "$set": user }).await.unwrap();
    }
    let run = syncing.run("sync --live --orphans delete --json").await;
    assert!(matches!(run.code, Some(0 | 1 | 3)), "{}", run.stderr);
    assert_eq!(syncing.site.records(&owner, Medium::Mood).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_that_decide_go_to_the_primary_whatever_the_connection_string_says() {
    let (mut syncing, owner, moods) = published(3).await;
    // There is no secondary: who asks one waits in vain.
    let url = format!("{}&readPreference=secondary", syncing.site.environment()["MONGODB_CONNECTION_STRING"]);
    syncing.detours.push(("MONGODB_CONNECTION_STRING", url));
    forget(&syncing, Medium::Mood, &moods[..1]).await;
    syncing.run("sync --live --orphans delete").await.succeeds();
    assert_eq!(syncing.site.records(&owner, Medium::Mood).await.len(), 2);
}
