//! Records that go and come back as they were.

use std::path::PathBuf;
use std::process::Command;

use mongodb::bson::{Document, doc};
use serde_json::json;
use telecine::record::Medium;

use super::{APPLY, revision};
use crate::stack::proxy::{Answer, Fault};
use crate::stack::site::{Account, PASSWORD};
use crate::support::command::{TELECINE, run};
use crate::support::picture::Picture;
use crate::support::tape::TapeBuilder;
use crate::sync::{FOREVER, Syncing};

/// As many records as one of the site's largest accounts has.
const MANY: usize = 2_000;

async fn add_moods(syncing: &Syncing, owner: &Account, count: usize) {
    let moods = syncing.site.database().collection::<Document>(Medium::Mood.plural());
    let mood = |number: usize| {
        let when = mongodb::bson::DateTime::from_millis(1_700_000_000_000 + number as i64);
        doc! { "user": &owner.sub, "when": when, "mood": format!("mood {number}") }
    };
    moods.insert_many((0..count).map(mood)).await.unwrap();
}

/// The folder of an account's backups.
fn backup(owner: &Account) -> String {
    format!("telecine-backup/{}", owner.handle)
}

/// The folders of an account's wipes.
fn wipes(syncing: &Syncing, owner: &Account) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(syncing.workshop.path(&backup(owner))).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// The CARs of an account's only wipe.
fn cars(syncing: &Syncing, owner: &Account) -> Vec<PathBuf> {
    let [folder] = &wipes(syncing, owner)[..] else { panic!("{:?}", wipes(syncing, owner)) };
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "car")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_what_would_go_and_changes_nothing() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("jeffrey").await;
    syncing.fill(&owner).await;
    syncing.run("sync --live").await.succeeds();
    let (before, files) = (syncing.state(&owner).await, syncing.workshop.files());

    let told = syncing.run(&format!("wipe {} --types moods,tapes", owner.handle)).await.succeeds();
    let lines: Vec<_> = told.stdout().lines().collect();
    assert_eq!(lines[0], "type   records on the PDS  keys in MongoDB");
    assert_eq!(lines[1], "moods                  12               12");
    assert_eq!(lines[2], "tapes                   2                2");
    assert!(lines[4].starts_with("files      4 of "), "{}", lines[4]);
    let told = syncing.run("wipe jeffrey --json").await.succeeds();
    let plan = &told.json()[0]["plan"];
    assert_eq!(plan["media"]["paintings"], json!({ "records": 3, "keys": 3 }));
    assert_eq!(plan["blobs"], 7);
    assert_eq!(syncing.state(&owner).await, before);
    assert_eq!(syncing.workshop.files(), files);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_records_go_in_ten_writes_and_come_back_as_they_were() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("jeffrey").await;
    let other = syncing.site.account("other").await;
    syncing.site.add_mood(&other, "leave me alone").await;
    add_moods(&syncing, &owner, MANY).await;
    syncing.run("sync --live").await.succeeds();
    let (before, others) = (syncing.site.records(&owner, Medium::Mood).await, revision(&syncing, &other).await);
    assert_eq!(before.len(), MANY);

    let proxy = syncing.pds_proxy();
    syncing.run("wipe jeffrey --live --yes").await.succeeds();
    assert!(proxy.count(APPLY) <= 11, "{}", proxy.count(APPLY));
    assert_eq!(syncing.site.records(&owner, Medium::Mood).await.len(), 0);
    assert_eq!(syncing.run("wipe jeffrey --live --yes").await.code, Some(3));

    let downloads = proxy.count("com.atproto.sync.getRepo");
    let compared = syncing.run("compare jeffrey --moods-only --json").await;
    assert_eq!(compared.code, Some(1));
    assert_eq!(compared.json()[1]["media"]["moods"]["missing"], MANY);
    assert_eq!(proxy.count("com.atproto.sync.getRepo"), downloads + 1);

    syncing.run("restore jeffrey --live").await.succeeds();
    syncing.run("compare jeffrey").await.succeeds();
    let after = syncing.site.records(&owner, Medium::Mood).await;
    assert_eq!(after, before);
    assert_eq!(syncing.run("restore jeffrey --live").await.code, Some(3));

    // And from the backup to an account that has never had a record.
    syncing.run("wipe jeffrey --live --yes").await.succeeds();
    let fresh = syncing.site.join(&owner.sub, "fresh", PASSWORD).await;
    syncing.run(&format!("restore jeffrey --from {} --live --yes", backup(&owner))).await.succeeds();
    assert_eq!(syncing.site.records(&fresh, Medium::Mood).await, before);
    syncing.run("compare jeffrey").await.succeeds();
    assert_eq!(revision(&syncing, &other).await, others);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_files_comes_back_from_a_backup_byte_by_byte() {
    let syncing = Syncing::new().await;
    let guest = syncing.site.guest().await;
    for number in 0..3_usize {
        let frames = (0..4).map(|frame| Picture::numbered(32, 24, frame + number));
        syncing.site.add_tape(&guest, &format!("t{number}"), &TapeBuilder::of(frames, 50.0)).await;
        syncing.site.add_painting(&guest, &format!("p{number}"), &Picture::numbered(64, 48, number)).await;
    }
    let other = syncing.site.account("other").await;
    syncing.site.add_painting(&other, "leave-me", &Picture::numbered(64, 48, 9)).await;
    syncing.run("sync --live").await.succeeds();
    let (before, others) = (syncing.state(&guest).await, revision(&syncing, &other).await);

    let wipe = format!("wipe {} --live --yes", guest.handle);
    syncing.run(&wipe).await.succeeds();
    assert_eq!(syncing.state(&guest).await.records, []);
    syncing.run(&format!("restore {} --live", guest.handle)).await.succeeds();
    assert_eq!(syncing.state(&guest).await, before);
    syncing.run(&wipe).await.succeeds();
    // Nothing else is needed: not the ZIPs, not the pictures.
    let arguments = format!("restore {} --from {}", guest.handle, backup(&guest));
    let told = syncing.run(&arguments).await.succeeds();
    assert_eq!(told.stdout().lines().last(), Some("tapes           3       0      0     0"));
    assert_eq!(syncing.state(&guest).await.records, []);
    syncing.run(&format!("{arguments} --live --yes")).await.succeeds();
    assert_eq!(syncing.state(&guest).await, before);
    assert_eq!(syncing.run(&format!("{arguments} --live --yes")).await.code, Some(3));
    syncing.run("compare --anonymous --download").await.succeeds();
    assert_eq!(revision(&syncing, &other).await, others);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_fills_another_account_too() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("jeffrey").await;
    syncing.fill(&owner).await;
    syncing.run("sync --live").await.succeeds();
    let before = syncing.state(&owner).await;
    syncing.run("wipe jeffrey --live --yes").await.succeeds();

    let fresh = syncing.site.join(&owner.sub, "fresh", PASSWORD).await;
    assert_ne!(fresh.did(), owner.did());
    syncing.run(&format!("restore jeffrey --from {} --live --yes", backup(&owner))).await.succeeds();
    assert_eq!(syncing.state(&fresh).await, before);
    syncing.run("compare jeffrey --download").await.succeeds();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wipe_that_was_killed_goes_on_and_its_backup_has_everything() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("jeffrey").await;
    syncing.fill(&owner).await;
    syncing.run("sync --live").await.succeeds();
    let before = syncing.state(&owner).await;

    let proxy = syncing.pds_proxy();
    // Three media are gone by then, of which MongoDB does not know about the last.
    syncing.kill_at("wipe jeffrey --live --yes", proxy, APPLY, 3, Fault::Hold(FOREVER)).await;
    syncing.detours.clear();
    let killed = syncing.state(&owner).await;
    assert_eq!(killed.records.len(), 5);
    // The account must stay usable.
    let record = json!({ "$type": Medium::Mood.collection(), "text": "new", "mood": "new", "when": "2026-01-01T00:00:00Z", "ref": "650000010000000000000000" });
    syncing.site.pds().put_record(&owner.session, Medium::Mood.collection(), "3lnewrecord22", &record).await;
    syncing.run("wipe jeffrey --live --yes").await.succeeds();
    let wiped = syncing.state(&owner).await;
    assert_eq!(wiped.records, []);
    assert!(wiped.keys.iter().all(|(_, _, keys)| keys.is_empty()), "{:?}", wiped.keys);
    assert_eq!(cars(&syncing, &owner).len(), 2);

    syncing.run(&format!("restore jeffrey --from {} --live --yes", backup(&owner))).await.succeeds();
    let mut after = syncing.state(&owner).await;
    let added = after.records.iter().position(|(_, rkey, _)| rkey == "3lnewrecord22").unwrap();
    after.records.remove(added);
    assert_eq!(after, before);
    // The next wipe is another, with a folder of its own.
    syncing.run("wipe jeffrey --live --yes").await.succeeds();
    assert_eq!(wipes(&syncing, &owner).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_was_killed_goes_on() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("jeffrey").await;
    syncing.fill(&owner).await;
    syncing.run("sync --live").await.succeeds();
    let before = syncing.state(&owner).await;
    syncing.run("wipe jeffrey --live --yes").await.succeeds();
    let arguments = format!("restore jeffrey --from {} --live --yes", backup(&owner));

    let proxy = syncing.pds_proxy();
    syncing.kill_at(&arguments, proxy, APPLY, 4, Fault::Hold(FOREVER)).await;
    syncing.detours.clear();
    syncing.run(&arguments).await.succeeds();
    assert_eq!(syncing.state(&owner).await, before);
    assert_eq!(syncing.run(&arguments).await.code, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_lost_and_others_who_write_are_no_harm_to_wipes_and_restores() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("jeffrey").await;
    syncing.fill(&owner).await;
    syncing.run("sync --live").await.succeeds();
    let before = syncing.state(&owner).await;
    let restore = format!("restore jeffrey --from {} --live --yes", backup(&owner));
    let proxy = syncing.pds_proxy();
    for fault in [Fault::DropAfter, Fault::DropBefore, Fault::Answer(Answer::invalid_swap())] {
        proxy.next(APPLY, [None, Some(fault.clone())]);
        let wiped = syncing.run("wipe jeffrey --live --yes").await.succeeds();
        assert!(
            wiped.stdout().contains("deleted    19 records\nforgotten  19 keys\n"),
            "{fault:?}: {}",
            wiped.stdout()
        );
        assert_eq!(syncing.state(&owner).await.records, []);
        proxy.next(APPLY, [None, Some(fault.clone())]);
        syncing.run(&restore).await.succeeds();
        assert_eq!(syncing.state(&owner).await, before, "{fault:?}");
        proxy.heal();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_others_chose_come_back_and_what_was_taken_back_does_not() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("jeffrey").await;
    let stays = syncing.site.add_mood(&owner, "stays").await;
    let goes = syncing.site.add_mood(&owner, "goes").await;
    let collection = Medium::Mood.collection();
    for (rkey, text, id) in [("3laaaaaaaaaa2", "stays", stays), ("3lbbbbbbbbbb2", "goes", goes)] {
        let when = syncing.site.item(Medium::Mood, id).await.get_datetime("when").unwrap().try_to_rfc3339_string();
        let value = json!({ "$type": collection, "mood": text, "when": when.unwrap(), "ref": id.to_hex() });
        syncing.site.pds().put_record(&owner.session, collection, rkey, &value).await;
    }
    syncing.run("sync --live").await.succeeds();
    syncing.run("wipe jeffrey --live --yes").await.succeeds();
    let moods = syncing.site.database().collection::<Document>("moods");
    moods.update_one(doc! { "_id": goes }, doc! { "$set": { "deleted": true } }).await.unwrap();

    syncing.run(&format!("restore jeffrey --from {} --live --yes", backup(&owner))).await.succeeds();
    let records = syncing.site.records(&owner, Medium::Mood).await;
    assert_eq!(records.iter().map(|record| record.rkey.as_str()).collect::<Vec<_>>(), ["3laaaaaaaaaa2"]);
    syncing.run("compare jeffrey").await.succeeds();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_pds_has_lost_stops_a_wipe_unless_one_says_so() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("jeffrey").await;
    syncing.site.add_painting(&owner, "p", &Picture::numbered(64, 48, 1)).await;
    syncing.run("sync --live").await.succeeds();
    let proxy = syncing.pds_proxy();
    proxy.always("com.atproto.sync.getBlob", Fault::Answer(Answer::xrpc(400, "InvalidRequest", "Blob not found")));
    let run = syncing.run("wipe jeffrey --live --yes").await;
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.ends_with("1 files are not on the pds; --allow-missing proceeds without them\n"),
        "{}",
        run.stderr
    );
    assert_eq!(syncing.site.records(&owner, Medium::Painting).await.len(), 1);
    let run = syncing.run("wipe jeffrey --live --yes --allow-missing").await.succeeds();
    assert!(run.stdout().contains("missing    1 files that were no longer on the PDS\n"), "{}", run.stdout());
    assert_eq!(syncing.site.records(&owner, Medium::Painting).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_deleted_that_could_not_be_saved() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("jeffrey").await;
    syncing.site.add_painting(&owner, "p", &Picture::numbered(64, 48, 1)).await;
    syncing.run("sync --live").await.succeeds();
    let before = syncing.state(&owner).await;
    let proxy = syncing.pds_proxy();
    proxy.always("com.atproto.sync.getBlob", Fault::Answer(Answer::xrpc(403, "Forbidden", "no")));
    assert_eq!(syncing.run("wipe jeffrey --live --yes").await.code, Some(1));
    proxy.heal();
    assert_eq!(syncing.run("wipe jeffrey --live --yes --backup /dev/null/nowhere").await.code, Some(1));
    assert_eq!(syncing.state(&owner).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_say_that_they_mean_it_changes_nothing() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("jeffrey").await;
    syncing.site.add_mood(&owner, "stay").await;
    syncing.run("sync --live").await.succeeds();
    let before = syncing.state(&owner).await;

    for (arguments, expected) in [
        ("wipe jeffrey --live", "--live needs a terminal; pass --yes"),
        ("wipe jeffrey --live --no-backup", "--no-backup cannot be undone; it needs --yes"),
        ("wipe jeffrey --yes", "the following required arguments were not provided"),
        ("wipe", "the following required arguments were not provided"),
    ] {
        let run = syncing.run(arguments).await;
        assert_eq!(run.code, Some(2), "{arguments}");
        assert!(run.stderr.contains(expected), "{}", run.stderr);
    }
    for (typed, code) in [("jeff", 1), ("", 1), (owner.handle.as_str(), 0)] {
        assert_eq!(syncing.state(&owner).await, before);
        let asked = on_a_terminal(&syncing, "wipe jeffrey --live", typed).await;
        assert_eq!(asked, code, "{typed}");
    }
    assert_eq!(syncing.state(&owner).await.records, []);
}

/// Runs the program on a terminal, and types a line.
async fn on_a_terminal(syncing: &Syncing, arguments: &str, typed: &str) -> i32 {
    let mut command = Command::new("script");
    command.args(["-qec", &format!("{TELECINE} {arguments}"), "/dev/null"]).current_dir(syncing.workshop.path("."));
    command.envs(syncing.site.environment());
    let input = syncing.workshop.path("typed");
    std::fs::write(&input, format!("{typed}\n")).unwrap();
    command.stdin(std::fs::File::open(&input).unwrap());
    let run = tokio::task::spawn_blocking(move || run(&mut command)).await.unwrap();
    run.code.unwrap()
}
