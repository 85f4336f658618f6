//! How little publishing one item asks of the PDS.

use mongodb::bson::doc;
use telecine::record::Medium;

use crate::stack::proxy::{Answer, Fault, Proxy};
use crate::support::picture::Picture;
use crate::support::tape::TapeBuilder;
use crate::sync::Syncing;

/// Requests that are about the item; to log in, once, is aside.
fn requests(proxy: &Proxy) -> Vec<String> {
    let method =
        |line: String| line.split(['?', ' ']).nth(1).and_then(|path| path.rsplit('.').next()).map(str::to_owned);
    let methods = proxy.lines().into_iter().filter_map(method);
    methods.filter(|method| method != "createSession").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_is_published_with_few_requests_and_the_second_time_nothing_is_written() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("maker").await;
    let site = &syncing.site;
    // What is in the repo already costs nothing.
    site.add_mood(&owner, "another").await;
    syncing.run("sync --live").await.succeeds();
    let mood = site.add_mood(&owner, "hello").await.to_hex();
    let piece = site.add_piece(&owner, "dance").await.to_hex();
    site.add_kidlisp(&owner, "cow", "(wipe blue)").await;
    site.add_painting(&owner, "p1", &Picture::numbered(48, 32, 1)).await;
    site.add_tape(&owner, "t1", &TapeBuilder::numbered(32, 24, 4)).await;
    let text = vec!["describeServer", "getRecord", "putRecord"];
    let picture = vec!["describeServer", "getRecord", "uploadBlob", "putRecord"];
    let tape = vec!["describeServer", "getRecord", "uploadBlob", "uploadBlob", "putRecord"];
    for (item, most, expected) in [
        (format!("mood {mood}"), 4, text.clone()),
        (format!("piece {piece}"), 4, text.clone()),
        ("kidlisp cow".into(), 4, text),
        ("painting p1".into(), 6, picture),
        ("tape t1".into(), 6, tape),
    ] {
        let proxy = syncing.pds_proxy();
        syncing.run(&format!("publish {item}")).await.succeeds();
        assert_eq!(requests(&proxy), expected, "{item}");
        assert!(expected.len() <= most);
        let before = syncing.state(&owner).await;
        assert_eq!(syncing.run(&format!("publish {item}")).await.code, Some(3), "{item}");
        assert_eq!(requests(&proxy)[expected.len()..], ["describeServer", "getRecord"], "{item}");
        assert_eq!(proxy.count("createSession"), 1, "{item}");
        assert_eq!(syncing.state(&owner).await, before, "{item}");
        syncing.detours.clear();
    }
    // The plan of the whole account finds nothing to mend.
    assert_eq!(syncing.run("sync --live").await.code, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_was_changed_or_taken_back_is_followed() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("maker").await;
    let site = &syncing.site;
    let mood = site.add_mood(&owner, "hello").await;
    let kidlisp = site.add_kidlisp(&owner, "cow", "(wipe blue)").await;
    syncing.run("sync --live").await.succeeds();
    let change = async |medium: Medium, id, fields| {
        let items = site.database().collection::<mongodb::bson::Document>(medium.plural());
        items.update_one(doc! { "_id": id }, doc! { "$set": fields }).await.unwrap();
    };
    change(Medium::Kidlisp, kidlisp, doc! { "source": "(wipe red)" }).await;
    change(Medium::Mood, mood, doc! { "deleted": true }).await;
    let before = site.records(&owner, Medium::Kidlisp).await.pop().unwrap();
    syncing.run("publish kidlisp cow").await.succeeds();
    let after = site.records(&owner, Medium::Kidlisp).await.pop().unwrap();
    assert_eq!((&after.rkey, &after.value["source"]), (&before.rkey, &"(wipe red)".into()));
    syncing.run(&format!("publish mood {mood}")).await.succeeds();
    assert!(site.records(&owner, Medium::Mood).await.is_empty());
    assert!(
        site.item(Medium::Mood, mood).await.get_document("atproto").is_ok_and(|keys| !keys.contains_key("rkey"))
            || !site.item(Medium::Mood, mood).await.contains_key("atproto")
    );
    assert_eq!(syncing.run(&format!("publish mood {mood}")).await.code, Some(3));
    assert_eq!(syncing.run("sync --live").await.code, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_appears_or_an_answer_that_is_lost_ends_in_one_record() {
    for fault in [
        Fault::DropAfter,
        Fault::Answer(Answer::xrpc(400, "InvalidSwap", "Record was at null")),
        Fault::Answer(Answer::xrpc(400, "BlobNotFound", "Could not find blob")),
    ] {
        let mut syncing = Syncing::new().await;
        let owner = syncing.site.account("maker").await;
        syncing.site.add_painting(&owner, "p1", &Picture::numbered(48, 32, 1)).await;
        let proxy = syncing.pds_proxy();
        proxy.once("putRecord", fault.clone());
        syncing.run("publish painting p1").await.succeeds();
        assert_eq!(syncing.site.records(&owner, Medium::Painting).await.len(), 1, "{fault:?}");
        // It is made once, and uploaded again only where it was lost.
        let uploads = if matches!(&fault, Fault::Answer(answer) if answer.body.contains("Blob")) { 2 } else { 1 };
        assert_eq!(proxy.count("uploadBlob"), uploads, "{fault:?}");
        assert_eq!(syncing.run("sync --live").await.code, Some(3), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_whose_place_is_taken_by_another_goes_to_the_next() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("maker").await;
    let site = &syncing.site;
    let mood = site.add_mood(&owner, "hello").await;
    let shown = syncing.run(&format!("record mood {mood}")).await.succeeds();
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    let uri = shown["uri"].as_str().unwrap().to_owned();
    let rkey = uri.rsplit('/').next().unwrap();
    let mut stranger = shown["value"].clone();
    stranger["ref"] = "650000000000000000000000".into();
    site.pds().put_record(&owner.session, Medium::Mood.collection(), rkey, &stranger).await;
    let published = syncing.run(&format!("publish mood {mood}")).await.succeeds();
    assert_ne!(published.stdout().trim_end(), uri);
    assert_eq!(site.records(&owner, Medium::Mood).await.len(), 2);
    assert_eq!(syncing.run(&format!("publish mood {mood}")).await.code, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_of_an_account_that_is_away_is_blocked() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("maker").await;
    let mood = syncing.site.add_mood(&owner, "hello").await;
    syncing.site.deactivate(&owner).await;
    let run = syncing.run(&format!("publish mood {mood}")).await;
    run.fails(1, &format!("error: mood {mood}: deactivated on the PDS"));
}
