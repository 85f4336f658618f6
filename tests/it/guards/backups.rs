//! A wipe takes the account that was named, and says what will not come back.

use mongodb::bson::{Document, doc};
use serde_json::json;
use telecine::record::Medium;

use crate::stack::proxy::{Answer, Fault};
use crate::stack::site::Account;
use crate::support::tape::TapeBuilder;
use crate::sync::Syncing;

async fn set(syncing: &Syncing, owner: &Account, fields: Document) {
    let users = syncing.site.database().collection::<Document>("users");
    users.update_one(doc! { "_id": &owner.sub }, doc! { "$set": fields }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_repo_of_another_is_never_saved_as_this_accounts() {
    let mut syncing = Syncing::new().await;
    let [owner, other] = [syncing.site.account("owner").await, syncing.site.account("other").await];
    for owner in [&owner, &other] {
        syncing.site.add_mood(owner, "stay").await;
    }
    syncing.run("sync --live").await.succeeds();
    // A server that confuses repos answers with the other's.
    let car = syncing.site.pds().get_bytes("com.atproto.sync.getRepo", &[("did", other.did())]).await;
    let proxy = syncing.pds_proxy();
    proxy.always("getRepo", Fault::Bytes(car));
    let run = syncing.run("wipe owner --live --yes").await;
    assert_eq!(run.code, Some(1), "{}", run.stdout());
    assert!(run.stderr.contains(&format!("response is the repo of {}", other.did())), "{}", run.stderr);
    assert!(proxy.count("getRepo") > 0);
    assert!(!syncing.workshop.path("telecine-backup").exists());
    assert_eq!(syncing.site.records(&other, Medium::Mood).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_leads_to_another_account_writes_nothing() {
    let mut syncing = Syncing::new().await;
    let [owner, other] = [syncing.site.account("owner").await, syncing.site.account("other").await];
    for owner in [&owner, &other] {
        syncing.site.add_mood(owner, "stay").await;
    }
    syncing.run("sync --live").await.succeeds();
    let before = syncing.state(&other).await;
    let proxy = syncing.pds_proxy();
    // What a server says that takes the one for the other.
    let session = json!({
        "did": other.did(), "handle": other.handle, "active": true,
        "accessJwt": other.session.authorization().replace("Bearer ", ""), "refreshJwt": "x.y.z",
    });
    let answer = || Answer {
        status: 200,
        headers: vec![("content-type", "application/json".into())],
        body: session.to_string(),
    };
    proxy.always("createSession", Fault::Answer(answer()));
    let run = syncing.run("wipe owner --live --yes").await;
    assert_eq!(run.code, Some(1), "{}", run.stdout());
    assert!(run.stderr.contains(&format!("logs in to {}", other.did())), "{}", run.stderr);
    assert_eq!(syncing.state(&other).await, before);
    assert_eq!(syncing.site.records(&owner, Medium::Mood).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handle_is_no_path() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("owner").await;
    let absolute = syncing.workshop.path("absolute").display().to_string();
    for handle in ["../../outside", &absolute, "a/b", "..", ".hidden", "a\u{1b}[2J\nb"] {
        syncing.site.add_mood(&owner, handle).await;
        set(&syncing, &owner, doc! { "atproto.handle": handle }).await;
        let run = syncing.run("sync --live").await;
        assert!(matches!(run.code, Some(0 | 3)), "{handle}: {} {}", run.stdout(), run.stderr);
        syncing.run("wipe owner --live --yes --backup in/here").await.succeeds();
        let mut files = syncing.workshop.files();
        files.retain(|name| !name.starts_with("telecine-sync-"));
        assert_eq!(files, ["in"], "{handle}");
        let inside: Vec<_> = std::fs::read_dir(syncing.workshop.path("in")).unwrap().collect();
        assert_eq!(inside.len(), 1, "{handle}");
        let saved: Vec<_> = std::fs::read_dir(syncing.workshop.path("in/here")).unwrap().collect();
        assert_eq!(saved.len(), 1, "{handle}");
        std::fs::remove_dir_all(syncing.workshop.path("in")).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_no_restore_brings_back_are_told_before_they_go() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("owner").await;
    syncing.site.add_mood(&owner, "comes back").await;
    syncing.run("sync --live").await.succeeds();
    let collection = Medium::Mood.collection();
    let value = json!({ "$type": collection, "mood": "of old", "when": "2023-11-14T22:13:20.000Z" });
    syncing.site.pds().put_record(&owner.session, collection, "3kaaaaaaaaa2a", &value).await;
    let expected = "lost       1 record that no restore brings back, as the lexicon rejects it: mood 3kaaaaaaaaa2a";
    let run = syncing.run("wipe owner").await.succeeds();
    assert!(run.stdout().contains(expected), "{}", run.stdout());
    let plan = syncing.run("wipe owner --json").await.succeeds().json().remove(0);
    assert_eq!(plan["plan"]["lost"], json!(["mood 3kaaaaaaaaa2a"]));
    let run = syncing.run("wipe owner --live --yes").await.succeeds();
    assert!(run.stdout().contains(expected), "{}", run.stdout());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_cannot_be_written_is_noticed_before_the_work() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("owner").await;
    syncing.site.add_tape(&owner, "t", &TapeBuilder::numbered(32, 24, 3)).await;
    for command in ["sync --live", "reencode --preset small --all --live --yes", "restore owner --live"] {
        let run = syncing.run(&format!("{command} --report /nowhere/r.json")).await;
        assert_eq!(run.code, Some(1), "{command}: {}", run.stdout());
        assert!(run.stderr.contains("cannot write /nowhere/r.json"), "{command}: {}", run.stderr);
        assert_eq!(syncing.site.records(&owner, Medium::Tape).await.len(), 0);
    }
    // One that can be is not there before it is written.
    syncing.run("sync --report report.json").await.succeeds();
    assert_eq!(syncing.workshop.files(), Vec::<String>::new());
}
