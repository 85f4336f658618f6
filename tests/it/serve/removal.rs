//! Items are deleted one by one, by mistake, or with their owner; their records are deleted only as far as they should.

use std::collections::BTreeSet;
use std::time::Duration;

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use telecine::record::Medium;

use super::{Serving, eventually, stored};
use crate::stack::proxy::{Fault, Proxy};
use crate::stack::site::{Account, Site};
use crate::support::command::{Workshop, run};

const SETTINGS: [(&str, &str); 1] = [("TELECINE_PUBLISH", "telecine")];

async fn start(site: &Site) -> Serving {
    start_with(site, &SETTINGS).await
}

async fn start_with(site: &Site, settings: &[(&str, &str)]) -> Serving {
    let oven = Serving::start(site, settings);
    plans_are_done(site, 1).await;
    oven
}

/// Waits until no job is left to do.
async fn all_is_done(site: &Site) {
    eventually("the end of all", async || {
        let open = jobs(site).count_documents(doc! { "due": { "$exists": true } }).await.unwrap();
        (open == 0).then_some(())
    })
    .await;
}

/// Waits until that many plans have been carried out.
async fn plans_are_done(site: &Site, plans: usize) {
    eventually("a plan", async || {
        let plan = jobs(site).find_one(doc! { "work.kind": "plan", "state": "done" }).await.unwrap()?;
        (plan.get_array("history").unwrap().len() >= plans).then_some(())
    })
    .await;
}

fn jobs(site: &Site) -> mongodb::Collection<Document> {
    stored(site, "jobs")
}

/// The items that have records in a repo.
async fn published(site: &Site, owner: &Account, medium: Medium) -> BTreeSet<String> {
    let records = site.records(owner, medium).await;
    records.iter().map(|record| record.value["ref"].as_str().unwrap().to_owned()).collect()
}

async fn delete(site: &Site, medium: Medium, filter: Document) {
    site.database().collection::<Document>(medium.plural()).delete_many(filter).await.unwrap();
}

fn names(ids: &[ObjectId]) -> BTreeSet<String> {
    ids.iter().map(|id| id.to_hex()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_published_before_the_service_came_is_taken_back_as_well() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let (goes, stays) = (site.add_mood(&owner, "goes").await, site.add_mood(&owner, "stays").await);
    let synced = run(Workshop::new().telecine("sync --live").envs(site.environment()));
    assert_eq!(synced.code, Some(0), "{}", synced.stderr);
    let _oven = start(&site).await;
    delete(&site, Medium::Mood, doc! { "_id": goes }).await;
    eventually("withdrawal", async || (published(&site, &owner, Medium::Mood).await == names(&[stays])).then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_in_the_database_takes_few_records_and_those_are_saved() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let mut moods = Vec::new();
    for number in 0..30 {
        moods.push(site.add_mood(&owner, &format!("mood {number}")).await);
    }
    let _oven = start(&site).await;
    assert_eq!(published(&site, &owner, Medium::Mood).await, names(&moods));
    delete(&site, Medium::Mood, doc! { "_id": { "$in": moods[..20].to_vec() } }).await;
    let parked = doc! { "state": "parked", "failure.code": "pds.too-many-withdrawn" };
    eventually("what is held back", async || {
        (jobs(&site).count_documents(parked.clone()).await.unwrap() >= 9).then_some(())
    })
    .await;
    all_is_done(&site).await;
    // Ten may go in any case.
    let left = published(&site, &owner, Medium::Mood).await;
    assert!(names(&moods[20..]).is_subset(&left));
    let job = jobs(&site).find_one(parked).await.unwrap().unwrap();
    let text = job.get_document("failure").unwrap().get_str("text").unwrap().to_owned();
    assert!(text.ends_with("of 30 moods were withdrawn within a day; the limit is 10"), "{text}");
    let ledger = stored(&site, "ledger");
    let saved = ledger.count_documents(doc! { "withdrawn": { "$exists": true }, "record": { "$type": "string" } });
    assert_eq!(saved.await.unwrap(), 30 - left.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_that_is_empty_all_at_once_takes_nothing_back() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let moods = [site.add_mood(&owner, "one").await, site.add_mood(&owner, "two").await];
    let _oven = start(&site).await;
    delete(&site, Medium::Mood, doc! {}).await;
    let parked = doc! { "state": "parked", "failure.code": "mongodb.empty-collection" };
    eventually("what is held back", async || {
        (jobs(&site).count_documents(parked.clone()).await.unwrap() == 2).then_some(())
    })
    .await;
    assert_eq!(published(&site, &owner, Medium::Mood).await, names(&moods));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_while_it_is_published_is_taken_back_at_once() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let stays = site.add_mood(&owner, "stays").await;
    let pds = Proxy::of(&site.environment()["PDS_URL"]);
    let _oven = start_with(&site, &[SETTINGS[0], ("PDS_URL", pds.url())]).await;
    all_is_done(&site).await;
    pds.once("com.atproto.repo.putRecord", Fault::Delay(Duration::from_secs(2)));
    let goes = site.add_mood(&owner, "goes").await;
    eventually("a write that is under way", async || (pds.kept() > 0).then_some(())).await;
    delete(&site, Medium::Mood, doc! { "_id": goes }).await;
    eventually("the withdrawal", async || (pds.count("com.atproto.repo.deleteRecord") > 0).then_some(())).await;
    all_is_done(&site).await;
    assert_eq!(published(&site, &owner, Medium::Mood).await, names(&[stays]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repo_that_is_held_back_keeps_the_withdrawal_waiting_for_a_person() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let goes = site.add_mood(&owner, "goes").await;
    site.add_mood(&owner, "stays").await;
    let _oven = start(&site).await;
    all_is_done(&site).await;
    site.deactivate(&owner).await;
    delete(&site, Medium::Mood, doc! { "_id": goes }).await;
    let parked = doc! { "state": "parked", "failure.code": "pds.account-inactive" };
    eventually("what is held back", async || jobs(&site).find_one(parked.clone()).await.unwrap()).await;
    let ledger = stored(&site, "ledger");
    assert_eq!(ledger.count_documents(doc! { "withdrawn": { "$exists": true } }).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_leaves_is_published_no_more_and_taken_back_whole() {
    let site = Site::new().await;
    let (owner, guest, other) = (site.account("maker").await, site.guest().await, site.account("other").await);
    let stays = site.add_mood(&other, "stays").await;
    for number in 0..15 {
        site.add_mood(&owner, &format!("mood {number}")).await;
    }
    let kidlisp = site.add_kidlisp(&owner, "cow", "(wipe blue)").await;
    let _oven = start(&site).await;
    eventually("kidlisp", async || {
        (published(&site, &owner, Medium::Kidlisp).await == names(&[kidlisp])).then_some(())
    })
    .await;

    // As the site does it: first a note that it is going to happen, two weeks later everything.
    let deletions = site.database().collection::<Document>("account-deletions");
    deletions.insert_one(doc! { "_id": &owner.sub, "state": "scheduled" }).await.unwrap();
    let late = site.add_mood(&owner, "late").await;
    let seen = doc! { "work.id": late.to_hex(), "state": "done" };
    eventually("the late mood", async || jobs(&site).find_one(seen.clone()).await.unwrap()).await;
    assert_eq!(published(&site, &owner, Medium::Mood).await.len(), 15);

    delete(&site, Medium::Mood, doc! { "user": &owner.sub }).await;
    let all = site.database().collection::<Document>("kidlisp");
    all.update_one(doc! { "_id": kidlisp }, doc! { "$unset": { "user": "" } }).await.unwrap();
    eventually("all withdrawn", async || published(&site, &owner, Medium::Mood).await.is_empty().then_some(())).await;
    assert_eq!(published(&site, &other, Medium::Mood).await, names(&[stays]));
    let ledger = stored(&site, "ledger");
    assert_eq!(ledger.count_documents(doc! { "record": { "$exists": true } }).await.unwrap(), 0);

    // Neither the stream nor the next plan gives the guests what was theirs.
    let plan = doc! { "work.kind": "plan" };
    jobs(&site).update_one(plan, doc! { "$set": { "state": "queued", "due": 0_i64 } }).await.unwrap();
    plans_are_done(&site, 2).await;
    let mirrored = doc! { "work.id": kidlisp.to_hex(), "state": "done", "history.1": { "$exists": true } };
    eventually("the look at the kidlisp", async || jobs(&site).find_one(mirrored.clone()).await.unwrap()).await;
    assert!(published(&site, &guest, Medium::Kidlisp).await.is_empty());
}
