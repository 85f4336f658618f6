//! What is wrong with one item or one account stops no other.

use mongodb::bson::doc;
use serde_json::Value;
use telecine::record::Medium;

use super::Syncing;
use crate::stack::proxy::{Answer, Fault};

const APPLY: &str = "applyWrites";

fn report(syncing: &Syncing) -> Value {
    serde_json::from_slice(&syncing.workshop.get("report.json")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_makes_the_server_fail_every_time_is_parked() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("odd").await;
    syncing.site.add_mood(&owner, "poison").await;
    syncing.site.add_piece(&owner, "dance").await;
    let proxy = syncing.pds_proxy();
    proxy.next(APPLY, (0..3).map(|_| Some(Fault::Answer(Answer::internal_error()))));
    let run = syncing.run("sync --live --report report.json").await;
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let parked = &report(&syncing)["accounts"][0]["parked"];
    assert_eq!(parked.as_array().unwrap().len(), 1, "{parked}");
    let records = [Medium::Mood, Medium::Piece].map(|medium| syncing.site.records(&owner, medium));
    let [moods, pieces] = records;
    assert_eq!(moods.await.len() + pieces.await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_a_wrong_password_is_told_and_the_others_go_on() {
    let syncing = Syncing::new().await;
    let (site, names) = (&syncing.site, ["right", "wrong"]);
    let [right, wrong] = [site.account(names[0]).await, site.account(names[1]).await];
    for owner in [&right, &wrong] {
        site.add_mood(owner, "hello").await;
    }
    let password = doc! { "$set": { "atproto.password": "not this one" } };
    let users = site.database().collection::<mongodb::bson::Document>("users");
    users.update_one(doc! { "_id": &wrong.sub }, password).await.unwrap();

    let run = syncing.run("sync --live --report report.json").await;
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stdout().contains("Invalid identifier or password"), "{}", run.stdout());
    assert!(!run.stdout().contains("not this one"));
    assert_eq!(site.records(&right, Medium::Mood).await.len(), 1);
    assert_eq!(site.records(&wrong, Medium::Mood).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_without_an_account_is_blocked_and_no_failure() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let owner = site.account("member").await;
    site.add_mood(&owner, "hello").await;
    let moods = site.database().collection("moods");
    let when = mongodb::bson::DateTime::from_millis(1_700_000_000_000);
    moods.insert_one(doc! { "user": "auth0|stranger", "mood": "hello", "when": when }).await.unwrap();
    let run = syncing.run("sync --live --report report.json").await.succeeds();
    assert!(run.stdout().contains("no account on the PDS"), "{}", run.stdout());
    assert_eq!(syncing.run("sync --live").await.code, Some(3));
}
#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_the_server_refuses_is_found_by_halves_and_parked() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("odd").await;
    for number in 0..8 {
        syncing.site.add_mood(&owner, &format!("mood {number}")).await;
    }
    let proxy = syncing.pds_proxy();
    let refusal = || Some(Fault::Answer(Answer::xrpc(400, "InvalidRequest", "Invalid record")));
    // All eight, the first four, two of them, one.
    proxy.next(APPLY, [refusal(), refusal(), refusal(), refusal()]);
    let run = syncing.run("sync --live --report report.json").await;
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert_eq!(syncing.site.records(&owner, Medium::Mood).await.len(), 7);
    let parked = &report(&syncing)["accounts"][0]["parked"];
    assert_eq!(parked.as_array().unwrap().len(), 1);
    assert!(parked[0]["reason"].as_str().unwrap().contains("InvalidRequest: Invalid record"), "{parked}");

    syncing.run("sync --live").await.succeeds();
    assert_eq!(syncing.site.records(&owner, Medium::Mood).await.len(), 8);
}
