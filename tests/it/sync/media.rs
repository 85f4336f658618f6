//! Each medium as it arrives in a repo, read back by a client that is not ours.

use mongodb::bson::doc;
use serde_json::json;
use telecine::record::Medium;

use super::Syncing;
use crate::support::picture::Picture;
use crate::support::tape::TapeBuilder;

/// The bytes of a blob that a record refers to.
async fn blob(syncing: &Syncing, did: &str, reference: &serde_json::Value) -> Vec<u8> {
    let bytes = syncing.site.pds().blob(did, reference["ref"]["$link"].as_str().unwrap()).await;
    assert_eq!(bytes.len() as u64, reference["size"].as_u64().unwrap());
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mood_a_piece_and_a_program_say_what_they_say() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let owner = site.account("jeffrey").await;
    let mood = site.add_mood(&owner, "déjà vu 🎞").await;
    let piece = site.add_piece(&owner, "dance").await;
    let kidlisp = site.add_kidlisp(&owner, "cow", "(wipe blue)").await;
    syncing.run("sync --live").await.succeeds();
    let value = async |medium| {
        let mut records = site.records(&owner, medium).await;
        assert_eq!(records.len(), 1);
        let mut value = records.remove(0).value;
        value.as_object_mut().unwrap().remove("when");
        value
    };
    let (id, text) = (mood.to_hex(), "déjà vu 🎞");
    assert_eq!(
        value(Medium::Mood).await,
        json!({ "$type": "computer.aesthetic.mood", "mood": text, "text": text, "ref": id })
    );
    let id = piece.to_hex();
    assert_eq!(value(Medium::Piece).await, json!({ "$type": "computer.aesthetic.piece", "slug": "dance", "ref": id }));
    let (id, url) = (kidlisp.to_hex(), "https://aesthetic.computer/$cow");
    assert_eq!(
        value(Medium::Kidlisp).await,
        json!({
            "$type": "computer.aesthetic.kidlisp", "code": "cow", "source": "(wipe blue)", "acUrl": url, "ref": id
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_anonymous_tape_arrives_with_the_very_video_that_convert_makes() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let guest = site.guest().await;
    let tape = TapeBuilder::of((0..5).map(|frame| Picture::numbered(48, 32, frame)), 40.0);
    let id = site.add_tape(&guest, "9Yo", &tape).await;
    syncing.run("sync --live --anonymous --tapes-only").await.succeeds();

    let records = site.records(&guest, Medium::Tape).await;
    let value = &records[0].value;
    assert_eq!((records.len(), value["ref"].as_str()), (1, Some(id.to_hex().as_str())));
    assert_eq!(value["acUrl"], "https://aesthetic.computer/!9Yo");
    assert_eq!(value["video"]["mimeType"], "video/mp4");
    assert_eq!(value["thumbnail"]["mimeType"], "image/jpeg");
    let zip = reqwest::get(value["zipUrl"].as_str().unwrap()).await.unwrap().bytes().await.unwrap();
    assert_eq!(zip, tape.zip());

    syncing.workshop.put("tape.zip", tape.zip());
    syncing.workshop.run("convert tape.zip").succeeds();
    assert_eq!(blob(&syncing, guest.did(), &value["video"]).await, syncing.workshop.get("tape.mp4"));
    assert_eq!(blob(&syncing, guest.did(), &value["thumbnail"]).await, syncing.workshop.get("tape.jpg"));

    let item = site.item(Medium::Tape, id).await;
    for place in ["at", "atproto"] {
        assert_eq!(item.get_document(place).unwrap().get_str("rkey").unwrap(), records[0].rkey);
    }
    assert_eq!(item.get_str("mp4Status").unwrap(), "complete");
    assert_eq!(syncing.run("sync --live --anonymous --tapes-only").await.code, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tape_is_found_wherever_its_zip_was_put_and_a_posted_mp4_is_taken_as_it_is() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let owner = site.account("nomad").await;
    let tape = TapeBuilder::of([Picture::numbered(16, 16, 1)], 40.0);
    for (code, key) in [("aaa", "auth0|nomad/s-aaa.zip"), ("bbb", "auth0|nomad/video/s-bbb.zip")] {
        site.put(site.user_bucket(), key, tape.zip()).await;
        site.add(&owner, Medium::Tape, doc! { "code": code, "slug": format!("s-{code}"), "kind": "zip" }).await;
    }
    syncing.workshop.put("tape.zip", tape.zip());
    syncing.workshop.run("convert tape.zip").succeeds();
    let video = syncing.workshop.get("tape.mp4");
    site.put(site.user_bucket(), "auth0|nomad/s-ccc.mp4", video.clone()).await;
    let posted = site.add(&owner, Medium::Tape, doc! { "code": "ccc", "slug": "s-ccc", "kind": "mp4" }).await;

    syncing.run("sync --live --tapes-only").await.succeeds();
    let records = site.records(&owner, Medium::Tape).await;
    assert_eq!(records.len(), 3);
    let posted = records.iter().find(|record| record.value["ref"] == posted.to_hex()).unwrap();
    assert_eq!(blob(&syncing, owner.did(), &posted.value["video"]).await, video);
    assert!(posted.value.get("zipUrl").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_painting_arrives_with_a_thumbnail_and_its_recording_if_it_has_one() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let (owner, guest) = (site.account("painter").await, site.guest().await);
    let picture = Picture::numbered(40, 30, 5);
    site.add_painting(&owner, "one", &picture).await;
    site.put(site.art_bucket(), "aaaaaaaa.png", picture.png()).await;
    site.put(site.art_bucket(), "bbbbbbbb.zip", "a recording").await;
    site.add(&guest, Medium::Painting, doc! { "code": "two", "slug": "aaaaaaaa:bbbbbbbb" }).await;
    syncing.run("sync --live --paintings-only").await.succeeds();

    let plain = site.records(&owner, Medium::Painting).await.remove(0).value;
    assert_eq!(plain["imageUrl"], "https://aesthetic.computer/media/paintings/one");
    assert!(plain.get("recordingUrl").is_none());
    let recorded = site.records(&guest, Medium::Painting).await.remove(0).value;
    assert_eq!(recorded["recordingUrl"], "https://aesthetic.computer/media/paintings/two.zip");
    assert_eq!(recorded["slug"], "aaaaaaaa:bbbbbbbb");
    let thumbnail = blob(&syncing, guest.did(), &recorded["thumbnail"]).await;
    let thumbnail = image::load_from_memory(&thumbnail).unwrap();
    assert_eq!((thumbnail.width(), thumbnail.height()), (512, 512));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_the_plan_and_changes_nothing() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("careful").await;
    syncing.fill(&owner).await;
    let before = syncing.state(&owner).await;
    let proxy = syncing.pds_proxy();
    let run = syncing.run("sync --json").await.succeeds();
    let planned = &run.json()[0]["planned"];
    let create = ["moods", "pieces", "kidlisp", "paintings", "tapes"].map(|plural| &planned[plural]["create"]);
    assert_eq!(create, [12, 1, 1, 3, 2]);
    assert_eq!(syncing.state(&owner).await, before);
    assert!(proxy.lines().iter().all(|line| line.starts_with("GET ")), "{:?}", proxy.lines());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_edited_or_taken_back_in_mongodb_is_so_in_the_repo_after_the_next_run() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let owner = site.account("moody").await;
    let [edited, deleted] = [site.add_mood(&owner, "before").await, site.add_mood(&owner, "oops").await];
    syncing.run("sync --live --moods-only").await.succeeds();
    let moods = site.database().collection::<mongodb::bson::Document>("moods");
    moods.update_one(doc! { "_id": edited }, doc! { "$set": { "mood": "after" } }).await.unwrap();
    moods.update_one(doc! { "_id": deleted }, doc! { "$set": { "deleted": true } }).await.unwrap();
    syncing.run("sync --live --moods-only").await.succeeds();
    let records = site.records(&owner, Medium::Mood).await;
    assert_eq!((records.len(), &records[0].value["mood"]), (1, &json!("after")));
    assert!(
        site.item(Medium::Mood, deleted).await.get_document("atproto").is_ok_and(|keys| !keys.contains_key("rkey"))
    );
    assert_eq!(syncing.run("sync --live --moods-only").await.code, Some(3));
}
