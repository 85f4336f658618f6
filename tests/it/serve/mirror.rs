//! Changes in MongoDB reach the PDS as they happen.

use std::time::Duration;

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use telecine::record::Medium;

use super::fake_site::FakeSite;
use super::{Serving, eventually, stored};
use crate::stack::pds::Record;
use crate::stack::proxy::{Answer, Fault, Proxy};
use crate::stack::site::{Account, Site};
use crate::support::picture::Picture;
use crate::support::tape::TapeBuilder;

async fn record_of(site: &Site, owner: &Account, medium: Medium, id: ObjectId) -> Option<Record> {
    let records = site.records(owner, medium).await;
    records.into_iter().find(|record| record.value["ref"] == id.to_hex())
}

async fn change(site: &Site, medium: Medium, id: ObjectId, update: Document) {
    let items = site.database().collection::<Document>(medium.plural());
    items.update_one(doc! { "_id": id }, update).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_edited_taken_back_and_deleted_is_so_on_the_pds() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let oven = Serving::start(&site, &[("TELECINE_PUBLISH", "telecine")]);
    eventually("reading of changes", async || oven.log().contains("reading changes").then_some(())).await;

    let mood = site.add_mood(&owner, "hello").await;
    let other = site.add_mood(&owner, "stays").await;
    let kidlisp = site.add_kidlisp(&owner, "cow", "(wipe blue)").await;
    let piece = site.add_piece(&owner, "dance").await;
    let painting = site.add_painting(&owner, "p1", &Picture::numbered(48, 32, 1)).await;
    for (medium, id) in [
        (Medium::Mood, mood),
        (Medium::Mood, other),
        (Medium::Kidlisp, kidlisp),
        (Medium::Piece, piece),
        (Medium::Painting, painting),
    ] {
        eventually(medium.name(), async || record_of(&site, &owner, medium, id).await).await;
    }
    change(&site, Medium::Mood, mood, doc! { "$set": { "mood": "goodbye" } }).await;
    eventually("edit", async || {
        let record = record_of(&site, &owner, Medium::Mood, mood).await?;
        (record.value["text"] == "goodbye").then_some(())
    })
    .await;
    change(&site, Medium::Painting, painting, doc! { "$set": { "nuked": true } }).await;
    eventually("nuke", async || {
        let record = record_of(&site, &owner, Medium::Painting, painting).await?;
        (record.value["nuked"] == true).then_some(())
    })
    .await;
    site.database().collection::<Document>("moods").delete_one(doc! { "_id": mood }).await.unwrap();
    eventually("delete", async || record_of(&site, &owner, Medium::Mood, mood).await.is_none().then_some(())).await;
    assert!(record_of(&site, &owner, Medium::Mood, other).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tape_that_nobody_asked_to_bake_is_baked_and_published_all_the_same() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let receiver = FakeSite::new(&site).await;
    let settings = [("TELECINE_PUBLISH", "telecine"), ("TELECINE_CALLBACK_URL", receiver.callback_url())];
    let oven = Serving::start(&site, &settings);
    eventually("reading of changes", async || oven.log().contains("reading changes").then_some(())).await;
    let tape = site.add_tape(&owner, "abc", &TapeBuilder::numbered(32, 24, 4)).await;
    let record = eventually("record", async || record_of(&site, &owner, Medium::Tape, tape).await).await;
    assert_eq!(record.value["video"]["mimeType"], "video/mp4");
    eventually("callback", async || receiver.received().bodies.first().cloned()).await;
    // The record is the service's own: the site is asked to make none.
    let told = receiver.received();
    assert!(told.bodies.iter().all(|(query, _)| query == "previewOnly=1"), "{told:?}");
    assert_eq!(site.records(&owner, Medium::Tape).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_the_site_writes_itself_is_adopted_and_not_doubled() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let oven = Serving::start(&site, &[("TELECINE_SETTLE", "3600s")]);
    eventually("reading of changes", async || oven.log().contains("reading changes").then_some(())).await;
    let mood = site.add_mood(&owner, "hello").await;
    let value = serde_json::json!({
        "$type": "computer.aesthetic.mood", "mood": "hello", "when": "2025-01-01T00:00:00.000Z", "ref": mood.to_hex(),
    });
    let rkey = "3m3e2222222sa";
    site.pds().put_record(&owner.session, "computer.aesthetic.mood", rkey, &value).await;
    // The key shows that the site is done, so that nothing waits an hour.
    change(&site, Medium::Mood, mood, doc! { "$set": { "atproto": { "rkey": rkey } } }).await;
    eventually("adoption", async || {
        let record = record_of(&site, &owner, Medium::Mood, mood).await?;
        (record.value["text"] == "hello").then_some(())
    })
    .await;
    let records = site.records(&owner, Medium::Mood).await;
    assert_eq!(records.iter().map(|record| &record.rkey).collect::<Vec<_>>(), [rkey]);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_not_made_for_an_account_that_may_not_write_for_long() {
    let site = Site::new().await;
    let (limited, other) = (site.account("limited").await, site.account("other").await);
    let proxy = Proxy::of(&site.environment()["PDS_URL"]);
    let settings = [("PDS_URL", proxy.url()), ("TELECINE_PUBLISH", "telecine"), ("TELECINE_SETTLE", "0s")];
    let oven = Serving::start(&site, &settings);
    eventually("reading of changes", async || oven.log().contains("reading changes").then_some(())).await;
    // The first plan would make the same files.
    let planned = doc! { "work.kind": "plan", "state": "done" };
    eventually("a plan", async || stored(&site, "jobs").find_one(planned.clone()).await.unwrap()).await;
    // Longer than a job of one account waits, shorter than others do.
    proxy.once("putRecord", Fault::Answer(Answer::rate_limited(Duration::from_mins(1))));
    let waiting = async |count: u64| {
        let jobs = stored(&site, "jobs");
        let throttled = doc! { "work.kind": "mirror", "state": "waiting", "failure.code": "pds.throttled" };
        eventually(&format!("{count} jobs that wait for the limit"), async || {
            (jobs.count_documents(throttled.clone()).await.unwrap() == count).then_some(())
        })
        .await;
    };
    let painting = async |owner: &Account, code: &str, number| {
        site.add_painting(owner, code, &Picture::numbered(48, 32, number)).await
    };
    painting(&limited, "p1", 1).await;
    waiting(1).await;
    assert_eq!(proxy.count("uploadBlob"), 1, "{:#?}", proxy.lines());
    painting(&limited, "p2", 2).await;
    waiting(2).await;
    assert_eq!(proxy.count("uploadBlob"), 1, "{:#?}", proxy.lines());
    let id = painting(&other, "p3", 3).await;
    eventually("the record of another account", async || record_of(&site, &other, Medium::Painting, id).await).await;
}
