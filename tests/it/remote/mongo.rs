//! Accounts and items are read as they are; keys are written where they belong and nowhere else.

use futures_util::TryStreamExt;
use mongodb::bson::{Document, doc, oid::ObjectId};
use telecine::error::Disposition;
use telecine::record::{BlobRef, Content, Id, Item, Medium, StoredVideo};
use telecine::remote::Mongo;
use telecine::remote::mongo::{Inventory, Owner, Published, Unnamed};

use super::{config, config_with, is_send};
use crate::stack::Stack;
use crate::stack::site::{PASSWORD, Site};

fn id(id: ObjectId) -> Id {
    Id(id.bytes())
}

fn published(id: Id, rkey: &str) -> Published {
    let cid = BlobRef::of(rkey.as_bytes(), "").cid;
    Published { id, rkey: rkey.into(), uri: format!("at://did:plc:x/c/{rkey}"), cid, video: None }
}

fn text(item: &Item) -> &str {
    match &item.content {
        Content::Mood { text } => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn accounts_are_those_of_the_site() {
    let site = Site::new().await;
    let (owner, guest) = (site.account("jeffrey").await, site.guest().await);
    let users = site.database().collection::<Document>("users");
    users.insert_one(doc! { "_id": "auth0|new", "code": "ac25abcde" }).await.unwrap();
    let mongo = Mongo::connect(&config(site.environment())).await.unwrap();
    let mut accounts: Vec<_> = is_send(mongo.accounts().try_collect()).await.unwrap();
    accounts.sort_by(|one: &telecine::remote::mongo::Account, other| one.owner.cmp(&other.owner));
    let [art, jeffrey, new] = &accounts[..] else { panic!("{accounts:?}") };
    assert_eq!((&art.owner, art.did.as_deref()), (&Owner::Guest, Some(guest.did())));
    assert_eq!(jeffrey.owner, Owner::User("auth0|jeffrey".into()));
    assert_eq!(jeffrey.handle.as_deref(), Some("jeffrey"));
    assert_eq!((jeffrey.pds_handle.as_ref(), jeffrey.did.as_deref()), (Some(&owner.handle), Some(owner.did())));
    assert_eq!((jeffrey.blocked(), new.blocked()), (None, Some("no account on the PDS")));
    assert!(!format!("{accounts:?}").contains(PASSWORD));
}

#[tokio::test]
async fn a_new_account_is_saved_as_often_as_it_takes_and_over_no_other() {
    let site = Site::new().await;
    let mongo = Mongo::connect(&config(site.environment())).await.unwrap();
    let users = site.database().collection::<Document>("users");
    let owner = Owner::User("auth0|new".into());
    let found = async || users.find_one(doc! {}).await.unwrap().unwrap().get_document("atproto").unwrap().clone();
    users.insert_one(doc! { "_id": "auth0|new", "atproto": { "did": "", "kept": 7 } }).await.unwrap();
    let member = mongo.keep_pending(&owner, "new.test", &"$ecret".into()).await.unwrap();
    let pending = member.pending.unwrap();
    for _ in 0..2 {
        is_send(mongo.save_account(&owner, "did:plc:x", &pending, "http://pds")).await.unwrap();
    }
    let mut saved = found().await;
    assert!(saved.remove("created").is_some());
    let expected =
        doc! { "did": "did:plc:x", "kept": 7, "handle": "new.test", "password": "$ecret", "pdsHost": "http://pds" };
    assert_eq!(saved, expected);
    // Neither over another account, nor over another password, nor for a deleted user.
    for atproto in [doc! { "did": "did:plc:y", "password": "$ecret" }, doc! { "pending": { "password": "other" } }] {
        users.update_one(doc! {}, doc! { "$set": { "atproto": &atproto } }).await.unwrap();
        let error = mongo.save_account(&owner, "did:plc:x", &pending, "http://pds").await.unwrap_err();
        assert!(error.to_string().starts_with("auth0|new was given another account meanwhile"), "{error}");
        assert_eq!(found().await, atproto);
    }
    users.delete_many(doc! {}).await.unwrap();
    mongo.save_account(&owner, "did:plc:x", &pending, "http://pds").await.unwrap_err();
    assert_eq!(users.count_documents(doc! {}).await.unwrap(), 0);
}

#[tokio::test]
async fn items_come_in_the_order_of_time_and_unusable_ones_are_told() {
    let site = Site::new().await;
    let (owner, guest) = (site.account("jeffrey").await, site.guest().await);
    site.add(&owner, Medium::Mood, doc! { "mood": "third", "when": "2025-10-17T00:00:03Z" }).await;
    site.add(&owner, Medium::Mood, doc! { "mood": "first", "when": 1_760_659_201_000_i64 }).await;
    site.add(&owner, Medium::Mood, doc! { "mood": "second", "when": 1_760_659_202_000.0, "deleted": true }).await;
    let mute = site.add(&owner, Medium::Mood, doc! { "mood": null }).await;
    let moods = site.database().collection::<Document>("moods");
    moods.insert_one(doc! { "_id": "odd", "user": &owner.sub, "mood": "odd" }).await.unwrap();
    moods.insert_one(doc! { "mood": "nobody's", "user": null }).await.unwrap();
    site.add_kidlisp(&guest, "abc", "(wipe red)").await;

    let mongo = Mongo::connect(&config(site.environment())).await.unwrap();
    let jeffrey = Owner::User(owner.sub.clone());
    let Inventory { items: good, unusable: bad, .. } = is_send(mongo.items(&jeffrey, Medium::Mood)).await.unwrap();
    assert_eq!(good.iter().map(text).collect::<Vec<_>>(), ["first", "second", "third"]);
    assert_eq!(good.iter().map(|item| item.nuked).collect::<Vec<_>>(), [false, true, false]);
    let mut bad: Vec<_> = bad.into_iter().map(|bad| (bad.id, bad.reason)).collect();
    bad.sort();
    let expected = [(mute.to_hex(), "has no mood"), ("odd".into(), "has an _id that is not an ObjectId")];
    assert_eq!(bad, expected.map(|(id, reason)| (id, reason.to_owned())));

    assert_eq!(mongo.items(&Owner::Guest, Medium::Mood).await.unwrap(), Inventory::default());
    assert_eq!(mongo.items(&Owner::Guest, Medium::Kidlisp).await.unwrap().items.len(), 1);
    let owners = is_send(mongo.owners_with_items(&Medium::ALL)).await.unwrap();
    assert_eq!(owners[&jeffrey], [(Medium::Mood, 5)].into());
    assert_eq!(owners[&Owner::Guest], [(Medium::Kidlisp, 1)].into());
    // A document whose maker is unreadable is not anonymous but broken, and must be reported.
    assert_eq!((owners.len(), &owners[&Owner::Nobody(Unnamed::Null)]), (3, &[(Medium::Mood, 1)].into()));
}

#[tokio::test]
async fn one_item_is_found_by_code_slug_or_id() {
    let site = Site::new().await;
    let (owner, guest) = (site.account("jeffrey").await, site.guest().await);
    let kidlisp = site.add_kidlisp(&owner, "roz", "(wipe red)").await;
    let piece = site.add_piece(&guest, "wand").await;
    let mongo = Mongo::connect(&config(site.environment())).await.unwrap();
    for name in ["roz".to_owned(), kidlisp.to_hex()] {
        let found = is_send(mongo.find(Medium::Kidlisp, &name)).await.unwrap().unwrap();
        assert_eq!((found.owner, found.item.id), (Owner::User(owner.sub.clone()), id(kidlisp)));
    }
    let found = mongo.find(Medium::Piece, "wand").await.unwrap().unwrap();
    assert_eq!((found.owner, found.item.id), (Owner::Guest, id(piece)));
    assert_eq!(mongo.find(Medium::Kidlisp, "zzz").await.unwrap(), None);
    let mute = site.add(&owner, Medium::Mood, doc! {}).await;
    let error = mongo.find(Medium::Mood, &mute.to_hex()).await.unwrap_err();
    assert_eq!(error.to_string(), format!("mood {mute} has no mood"));
}

#[tokio::test]
async fn somebody_is_found_by_either_handle_and_by_nobody_elses() {
    let site = Site::new().await;
    let (owner, guest) = (site.account("jeffrey").await, site.guest().await);
    let mongo = Mongo::connect(&config(site.environment())).await.unwrap();
    for handle in [&*owner.handle, "@jeffrey", "jeffrey"] {
        let account = is_send(mongo.account_named(handle)).await.unwrap().unwrap();
        assert_eq!(account.owner, Owner::User(owner.sub.clone()), "{handle}");
    }
    assert_eq!(mongo.account_named(&guest.handle).await.unwrap().unwrap().owner, Owner::Guest);
    for stranger in ["jef", "", "@", "art-guest"] {
        assert!(mongo.account_named(stranger).await.unwrap().is_none(), "{stranger}");
    }
}

#[tokio::test]
async fn keys_are_written_where_they_belong_and_nowhere_else() {
    let site = Site::new().await;
    let owner = site.account("jeffrey").await;
    let odd = [doc! {}, doc! { "atproto": null, "at": "gone" }, doc! { "atproto": { "syncedAt": 7 }, "at": {} }];
    let fields = doc! { "slug": "s", "mp4Status": "pending", "kept": { "deep": [1, 2] } };
    let mut tapes = Vec::new();
    for (index, odd) in odd.into_iter().enumerate() {
        let code = doc! { "code": format!("t{index}") };
        tapes.push(site.add(&owner, Medium::Tape, [fields.clone(), code, odd].into_iter().flatten().collect()).await);
    }
    let mongo = Mongo::connect(&config(site.environment())).await.unwrap();
    let gone = Id([9; 12]);
    let keys: Vec<_> = tapes.iter().map(|tape| published(id(*tape), "$a")).chain([published(gone, "b")]).collect();
    // Twice is the same as once.
    for _ in 0..2 {
        assert_eq!(is_send(mongo.save_keys(Medium::Tape, &keys)).await.unwrap(), 3);
    }
    for (index, tape) in tapes.iter().enumerate() {
        let document = site.item(Medium::Tape, *tape).await;
        assert_eq!(document.get_document("atproto").unwrap().get_str("rkey").unwrap(), "$a");
        let at = doc! { "rkey": "$a", "uri": "at://did:plc:x/c/$a", "cid": keys[0].cid.to_string() };
        assert_eq!(document.get_document("at").unwrap(), &at);
        assert_eq!(document.get_str("mp4Status").unwrap(), "complete");
        assert_eq!(document.get_document("kept").unwrap(), &doc! { "deep": [1, 2] });
        if index == 2 {
            assert_eq!(document.get_document("atproto").unwrap().get_i32("syncedAt").unwrap(), 7);
        }
    }
    assert!(mongo.find(Medium::Tape, &gone.to_string()).await.unwrap().is_none());

    let ids: Vec<_> = tapes.iter().map(|tape| id(*tape)).collect();
    assert_eq!(is_send(mongo.clear_keys(Medium::Tape, &ids)).await.unwrap(), 3);
    let cleared = site.item(Medium::Tape, tapes[2]).await;
    assert_eq!(
        (cleared.get_document("atproto").unwrap(), cleared.get_document("at").unwrap()),
        (&doc! { "syncedAt": 7 }, &doc! {})
    );
    assert_eq!(mongo.save_keys(Medium::Tape, &[]).await.unwrap(), 0);
}

#[tokio::test]
async fn how_a_video_was_made_is_remembered_until_there_is_another_or_no_record() {
    let site = Site::new().await;
    let owner = site.account("jeffrey").await;
    let tape = site.add(&owner, Medium::Tape, doc! { "slug": "s", "code": "t" }).await;
    let mongo = Mongo::connect(&config(site.environment())).await.unwrap();
    let known = async || mongo.find(Medium::Tape, "t").await.unwrap().unwrap().item.keys.video;
    let with_video = |preset: &str, warnings: &[&str]| {
        let warnings = warnings.iter().map(ToString::to_string).collect();
        let video = StoredVideo { preset: preset.into(), cid: BlobRef::of(preset.as_bytes(), "").cid, warnings };
        Published { video: Some(video), ..published(id(tape), "a") }
    };
    for (saved, expected) in [
        (published(id(tape), "a"), None),
        (with_video("standard@1", &["$one", "two"]), with_video("standard@1", &["$one", "two"]).video),
        (published(id(tape), "b"), with_video("standard@1", &["$one", "two"]).video),
        (with_video("standard@1", &["$odd"]), with_video("standard@1", &["$odd"]).video),
        (with_video("$small@2", &[]), with_video("$small@2", &[]).video),
    ] {
        mongo.save_keys(Medium::Tape, &[saved]).await.unwrap();
        assert_eq!(known().await, expected);
    }
    mongo.clear_keys(Medium::Tape, &[id(tape)]).await.unwrap();
    assert_eq!(site.item(Medium::Tape, tape).await.get_document("at").unwrap(), &doc! {});
}

#[tokio::test]
async fn more_keys_than_fit_into_one_command_are_written() {
    let site = Site::new().await;
    let moods = site.database().collection::<Document>("moods");
    let documents: Vec<_> = (0..2500).map(|_| doc! { "_id": ObjectId::new(), "mood": "fine" }).collect();
    moods.insert_many(&documents).await.unwrap();
    let ids = documents.iter().map(|document| id(document.get_object_id("_id").unwrap()));
    let keys: Vec<_> = ids.enumerate().map(|(index, id)| published(id, &format!("k{index}"))).collect();
    let mongo = Mongo::connect(&config(site.environment())).await.unwrap();
    assert_eq!(mongo.save_keys(Medium::Mood, &keys).await.unwrap(), 2500);
    let written = moods.count_documents(doc! { "atproto.rkey": { "$exists": true }, "at": { "$exists": false } }).await;
    assert_eq!(written.unwrap(), 2500);
}

#[tokio::test]
async fn keys_arrive_when_the_primary_steps_down() {
    let stack = Stack::start(&[]);
    let site = Site::on(&stack).await;
    let owner = site.account("jeffrey").await;
    let mood = site.add_mood(&owner, "ahoj").await;
    let mongo = Mongo::connect(&config(site.environment())).await.unwrap();
    stack.step_down().await;
    assert_eq!(mongo.save_keys(Medium::Mood, &[published(id(mood), "a")]).await.unwrap(), 1);
    stack.step_down().await;
    assert_eq!(mongo.items(&Owner::User(owner.sub), Medium::Mood).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn a_wrong_connection_is_told_without_its_password() {
    let site = Site::new().await;
    for (url, class) in [
        ("mongodb://me:hunter2@127.0.0.1:1/?serverSelectionTimeoutMS=200", Disposition::Retry { after: None }),
        ("mongodb://me:hunter2@/", Disposition::Drop),
        ("http://me:hunter2@127.0.0.1/", Disposition::Drop),
    ] {
        let error =
            Mongo::connect(&config_with(site.environment(), "MONGODB_CONNECTION_STRING", url)).await.unwrap_err();
        assert_eq!(error.disposition(), class, "{url}");
        assert!(!format!("{error:?} {:?}", error.chain()).contains("hunter2"), "{:?}", error.chain());
    }
}
