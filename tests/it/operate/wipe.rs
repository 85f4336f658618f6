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

/// The only CAR of an account's backups.
fn car(syncing: &Syncing, owner: &Account) -> PathBuf {
    let folder = syncing.workshop.path("telecine-backup").join(&owner.handle);
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cars: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "car")).collect();
    assert_eq!(cars.len(), 1);
    cars.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_what_would_go_and_changes_nothing() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("jeffrey").await;
    syncing.fill(&owner).await;
    syncing.run("sync live").await.succeeds();
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
    syncing.run("sync live").await.succeeds();
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
    syncing.run("sync live").await.succeeds();
    let before = syncing.state(&guest).await;

    syncing.run(&format!("wipe {} --live --yes", guest.handle)).await.succeeds();
    assert_eq!(syncing.state(&guest).await.records, []);
    let backup = car(&syncing, &guest);
    // Nothing else is needed: not the ZIPs, not the pictures.
    let arguments = format!("restore {} --from {}", guest.handle, backup.display());
    let told = syncing.run(&arguments).await.succeeds();
    assert_eq!(told.stdout().lines().last(), Some("tapes           3       0     0"));
    assert_eq!(syncing.state(&guest).await.records, []);
    syncing.run(&format!("{arguments} --live")).await.succeeds();
    assert_eq!(syncing.state(&guest).await, before);
    assert_eq!(syncing.run(&format!("{arguments} --live")).await.code, Some(3));
    syncing.run("compare --anonymous --download").await.succeeds();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_fills_another_account_too() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("jeffrey").await;
    syncing.fill(&owner).await;
    syncing.run("sync live").await.succeeds();
    let before = syncing.state(&owner).await;
    syncing.run("wipe jeffrey --live --yes").await.succeeds();
    let backup = car(&syncing, &owner);

    let fresh = syncing.site.join(&owner.sub, "fresh", PASSWORD).await;
    assert_ne!(fresh.did(), owner.did());
    syncing.run(&format!("restore jeffrey --from {} --live", backup.display())).await.succeeds();
    assert_eq!(syncing.state(&fresh).await, before);
    syncing.run("compare jeffrey --download").await.succeeds();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wipe_that_was_killed_goes_on_and_its_backup_has_everything() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("jeffrey").await;
    syncing.fill(&owner).await;
    syncing.run("sync live").await.succeeds();
    let before = syncing.state(&owner).await;

    let proxy = syncing.pds_proxy();
    // Three media are gone by then, of which MongoDB does not know about the last.
    syncing.kill_at("wipe jeffrey --live --yes", proxy, APPLY, 3, Fault::Hold(FOREVER)).await;
    syncing.detours.clear();
    let killed = syncing.state(&owner).await;
    assert_eq!(killed.records.len(), 5);
    syncing.run("wipe jeffrey --live --yes").await.succeeds();
    let wiped = syncing.state(&owner).await;
    assert_eq!(wiped.records, []);
    assert!(wiped.keys.iter().all(|(_, _, keys)| keys.is_empty()), "{:?}", wiped.keys);

    syncing.run(&format!("restore jeffrey --from {} --live", car(&syncing, &owner).display())).await.succeeds();
    assert_eq!(syncing.state(&owner).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_was_killed_goes_on() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("jeffrey").await;
    syncing.fill(&owner).await;
    syncing.run("sync live").await.succeeds();
    let before = syncing.state(&owner).await;
    syncing.run("wipe jeffrey --live --yes").await.succeeds();
    let arguments = format!("restore jeffrey --from {} --live", car(&syncing, &owner).display());

    let proxy = syncing.pds_proxy();
    syncing.kill_at(&arguments, proxy, APPLY, 4, Fault::Hold(FOREVER)).await;
    syncing.detours.clear();
    syncing.run(&arguments).await.succeeds();
    // What MongoDB did not hear of is found by the next sync.
    syncing.run("sync live").await;
    assert_eq!(syncing.state(&owner).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_pds_has_lost_is_told_and_keeps_nothing_from_going() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("jeffrey").await;
    syncing.site.add_painting(&owner, "p", &Picture::numbered(64, 48, 1)).await;
    syncing.run("sync live").await.succeeds();
    let proxy = syncing.pds_proxy();
    proxy.always("com.atproto.sync.getBlob", Fault::Answer(Answer::xrpc(400, "InvalidRequest", "Blob not found")));
    let run = syncing.run("wipe jeffrey --live --yes").await.succeeds();
    assert!(run.stdout().contains("lost       1 files were not on the PDS any more\n"), "{}", run.stdout());
    assert_eq!(syncing.site.records(&owner, Medium::Painting).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_deleted_that_could_not_be_saved() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("jeffrey").await;
    syncing.site.add_painting(&owner, "p", &Picture::numbered(64, 48, 1)).await;
    syncing.run("sync live").await.succeeds();
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
    syncing.run("sync live").await.succeeds();
    let before = syncing.state(&owner).await;

    for (arguments, expected) in [
        ("wipe jeffrey --live", "--live asks for the handle on a terminal, and this is none; --yes does without"),
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

/// Runs the program on a terminal where somebody types a line.
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
