//! `telecine reencode` against real servers: new videos in place of old ones, and nothing else changed.

use std::time::Duration;

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Document, doc};
use serde_json::{Value, json};
use telecine::record::Medium;
use telecine::video::{Codec, Presets};

use super::Syncing;
use crate::stack::proxy::{Answer, Fault};
use crate::stack::site::Account;
use crate::support::command::Workshop;
use crate::support::tape::TapeBuilder;

/// Longer than any test; the program is killed while it waits.
const FOREVER: Duration = Duration::from_hours(1);

/// A preset as it is remembered of a video in H.264.
fn versioned(preset: &str) -> String {
    Presets::built_in().unwrap().get(preset).unwrap().signature(Codec::H264)
}

/// What a run has said of all accounts.
fn reported(syncing: &Syncing) -> Value {
    serde_json::from_slice(&syncing.workshop.get("report.json")).unwrap()
}

/// The file that `convert` makes of a tape.
fn converted(tape: &TapeBuilder, preset: &str, extension: &str) -> Vec<u8> {
    let workshop = Workshop::with(tape);
    workshop.run(&format!("convert tape.zip --preset {preset}")).succeeds();
    workshop.get(&format!("tape.{extension}"))
}

/// What `measure` says of the video that `convert` makes of a tape.
fn psnr(tape: &TapeBuilder, preset: &str) -> f64 {
    let workshop = Workshop::with(tape);
    workshop.run(&format!("convert tape.zip --preset {preset}")).succeeds();
    workshop.run("measure tape.zip tape.mp4 --json").succeeds().json()[0]["psnr"].as_f64().unwrap()
}

/// The revision of a user's repo.
async fn revision(syncing: &Syncing, account: &Account) -> String {
    let commit = syncing.site.pds().get("com.atproto.sync.getLatestCommit", &[("did", account.did())]).await;
    commit["rev"].as_str().unwrap().to_owned()
}

/// The preset that MongoDB remembers of a tape.
async fn remembered(syncing: &Syncing, tape: ObjectId) -> Option<String> {
    let item = syncing.site.item(Medium::Tape, tape).await;
    item.get_document("at").ok()?.get_str("preset").ok().map(str::to_owned)
}

fn link(blob: &Value) -> &str {
    blob["ref"]["$link"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tape_gets_the_very_video_that_convert_makes_and_keeps_everything_else() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let (owner, other, guest) = (site.account("maker").await, site.account("other").await, site.guest().await);
    let tape = TapeBuilder::numbered(48, 32, 12);
    let id = site.add_tape(&owner, "t1", &tape).await;
    site.add_mood(&owner, "unmoved").await;
    for (stranger, code) in [(&other, "t2"), (&guest, "t3")] {
        site.add_tape(stranger, code, &TapeBuilder::numbered(32, 24, 3)).await;
    }
    syncing.run("sync --live").await.succeeds();
    assert_eq!(remembered(&syncing, id).await, Some(versioned("standard")));
    let before = site.records(&owner, Medium::Tape).await.remove(0);
    let moods = site.records(&owner, Medium::Mood).await;
    let others = [revision(&syncing, &other).await, revision(&syncing, &guest).await];

    syncing.run("reencode --preset small --user ^maker --live --yes --report report.json").await.succeeds();
    let mut records = site.records(&owner, Medium::Tape).await;
    let after = records.remove(0);
    assert_eq!((records.len(), &after.rkey), (0, &before.rkey));
    let without_files = |mut value: Value| {
        value.as_object_mut().unwrap().retain(|field, _| !matches!(field.as_str(), "video" | "thumbnail"));
        value
    };
    assert_eq!(without_files(after.value.clone()), without_files(before.value.clone()));
    let (old, new) = (link(&before.value["video"]), link(&after.value["video"]));
    assert_ne!(old, new);
    let video = site.pds().blob(owner.did(), new).await;
    assert!(video == converted(&tape, "small", "mp4"), "it is another video than that of convert");
    let thumbnail = site.pds().blob(owner.did(), link(&after.value["thumbnail"])).await;
    assert!(thumbnail == converted(&tape, "small", "jpg"), "it is another thumbnail than that of convert");

    let account = reported(&syncing)["accounts"][0].take();
    let expected = json!([{
        "code": "t1",
        "rkey": after.rkey,
        "before": {
            "cid": old,
            "bytes": before.value["video"]["size"],
            "preset": versioned("standard"),
            "psnr": psnr(&tape, "standard"),
        },
        "after": { "cid": new, "bytes": video.len(), "preset": versioned("small"), "psnr": psnr(&tape, "small") },
    }]);
    assert_eq!((&account["account"], &account["replaced"]), (&owner.handle.clone().into(), &expected));

    let item = site.item(Medium::Tape, id).await;
    let at = item.get_document("at").unwrap();
    let expected = ["preset", "video", "cid", "rkey"].map(|field| at.get_str(field).unwrap());
    assert_eq!(expected, [&versioned("small"), new, &after.cid, &after.rkey]);
    assert_eq!(site.records(&owner, Medium::Mood).await, moods);
    assert_eq!([revision(&syncing, &other).await, revision(&syncing, &guest).await], others);

    // Neither another run nor a sync finds anything to do.
    let revision_after = revision(&syncing, &owner).await;
    for command in ["reencode --preset small --user ^maker --live --yes", "sync --live"] {
        assert_eq!(syncing.run(command).await.code, Some(3), "{command}");
    }
    assert_eq!(revision(&syncing, &owner).await, revision_after);
    assert_eq!(site.records(&owner, Medium::Tape).await, [after]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preset_that_safari_does_not_play_is_warned_of_and_its_codec_remembered() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("maker").await;
    let id = syncing.site.add_tape(&owner, "t1", &TapeBuilder::numbered(48, 32, 6)).await;
    syncing.run("sync --live").await.succeeds();
    let warning = "warning: preset crisp does not play in Safari, only in Chromium and Firefox; ";
    let plan = syncing.run("reencode --preset crisp --all").await.succeeds();
    assert!(plan.stderr.starts_with(warning), "{}", plan.stderr);
    assert_eq!(remembered(&syncing, id).await, Some(versioned("standard")));

    let run = syncing.run("reencode --preset crisp --all --live --yes").await.succeeds();
    assert!(run.stderr.starts_with(warning), "{}", run.stderr);
    let crisp = Presets::built_in().unwrap().get("crisp").unwrap().signature(Codec::Av1);
    assert_eq!(remembered(&syncing, id).await, Some(crisp));
    assert_eq!(syncing.run("reencode --preset crisp --all --live --yes").await.code, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_before_mongodb_knows_is_made_good_without_another_write() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("unlucky").await;
    let id = syncing.site.add_tape(&owner, "t1", &TapeBuilder::numbered(32, 24, 6)).await;
    syncing.run("sync --live").await.succeeds();
    let proxy = syncing.pds_proxy();
    proxy.once("applyWrites", Fault::Hold(FOREVER));
    let mut running = syncing.start("reencode --preset small --all --live --yes");
    let proxy = tokio::task::spawn_blocking(move || {
        // What the server does for the request has happened then, too.
        running.wait_until(|| proxy.kept() > 0);
        running.signal("KILL");
        assert_eq!(running.finish().code, None);
        proxy
    })
    .await
    .unwrap();
    let records = syncing.site.records(&owner, Medium::Tape).await;
    assert_eq!(remembered(&syncing, id).await, Some(versioned("standard")));

    // It works although MongoDB still has the old state.
    assert_eq!(syncing.run("reencode --preset standard --all").await.code, Some(0));
    proxy.heal();
    let writes = || (proxy.count("applyWrites"), proxy.count("uploadBlob"));
    let before = writes();
    syncing.run("reencode --preset small --all --live --yes --report report.json").await.succeeds();
    assert_eq!(writes(), before);
    let account = reported(&syncing)["accounts"][0].take();
    assert_eq!((&account["done"]["tapes"]["adopt"], &account["uploaded"]), (&json!(1), &json!(0)));
    let replaced = &account["replaced"][0];
    assert_eq!(replaced["before"]["cid"], replaced["after"]["cid"]);
    assert_eq!(syncing.site.records(&owner, Medium::Tape).await, records);
    assert_eq!(remembered(&syncing, id).await, Some(versioned("small")));
    assert_eq!(syncing.run("reencode --preset small --all --live --yes").await.code, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_is_looked_for_and_nothing_is_made_twice() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("unlucky").await;
    let id = syncing.site.add_tape(&owner, "t1", &TapeBuilder::numbered(32, 24, 6)).await;
    syncing.run("sync --live").await.succeeds();
    let old = syncing.site.records(&owner, Medium::Tape).await.remove(0);
    let proxy = syncing.pds_proxy();
    proxy.once("applyWrites", Fault::DropAfter);
    syncing.run("reencode --preset small --all --live --yes --report report.json").await.succeeds();
    assert_eq!(["applyWrites", "uploadBlob", "getRepo"].map(|method| proxy.count(method)), [1, 1, 2]);
    let new = syncing.site.records(&owner, Medium::Tape).await.remove(0);
    let replaced = reported(&syncing)["accounts"][0]["replaced"][0].take();
    let expected = [link(&old.value["video"]), link(&new.value["video"])];
    assert_eq!(["before", "after"].map(|side| replaced[side]["cid"].as_str().unwrap()), expected);
    assert_eq!(remembered(&syncing, id).await, Some(versioned("small")));
}

#[tokio::test(flavor = "multi_thread")]
async fn tapes_that_were_taken_back_posted_as_mp4_or_never_published_are_left_alone() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let owner = site.account("nomad").await;
    let tape = TapeBuilder::numbered(32, 24, 3);
    let nuked = site.add_tape(&owner, "gone", &tape).await;
    let mp4 = converted(&tape, "swift", "mp4");
    site.put(site.user_bucket(), &format!("{}/native.mp4", owner.sub), mp4).await;
    site.add(&owner, Medium::Tape, doc! { "code": "native", "slug": "native", "kind": "mp4" }).await;
    syncing.run("sync --live").await.succeeds();
    let tapes = site.database().collection::<Document>("tapes");
    tapes.update_one(doc! { "_id": nuked }, doc! { "$set": { "nuked": true } }).await.unwrap();
    let unpublished = site.add_tape(&owner, "new", &tape).await;
    let before = (revision(&syncing, &owner).await, site.item(Medium::Tape, nuked).await);

    let run = syncing.run("reencode --preset small --all --live --yes").await;
    assert_eq!((run.code, run.stderr.trim_end(), run.stdout()), (Some(3), "nothing to do", ""));
    assert_eq!((revision(&syncing, &owner).await, site.item(Medium::Tape, nuked).await), before);
    assert_eq!(remembered(&syncing, unpublished).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn tapes_are_chosen_by_code_age_and_number() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let owner = site.account("picky").await;
    let mut tapes = Vec::new();
    for (number, day) in
        ["2025-09-30T23:59:59Z", "2025-10-01T00:00:00Z", "2025-10-02T12:00:00Z"].into_iter().enumerate()
    {
        let id = site.add_tape(&owner, &format!("t{number}"), &TapeBuilder::numbered(16, 16, 2 + number)).await;
        let when = DateTime::parse_rfc3339_str(day).unwrap();
        let items = site.database().collection::<Document>("tapes");
        items.update_one(doc! { "_id": id }, doc! { "$set": { "when": when } }).await.unwrap();
        tapes.push(id);
    }
    syncing.run("sync --live").await.succeeds();
    let (standard, swift) = (versioned("standard"), versioned("swift"));
    for (arguments, code, expected) in [
        ("--all --since 2025-10-03", 3, [&standard; 3]),
        ("--all --since 2025-10-01 --limit 1", 0, [&standard, &swift, &standard]),
        ("--all --since 2025-10-01T00:00:00Z --limit 1", 0, [&standard, &swift, &swift]),
        ("--all --since 2025-10-01", 3, [&standard, &swift, &swift]),
        ("--code t1", 3, [&standard, &swift, &swift]),
        ("--code t0", 0, [&swift; 3]),
    ] {
        let run = syncing.run(&format!("reencode --preset swift --live --yes {arguments}")).await;
        assert_eq!(run.code, Some(code), "{arguments}: {}", run.stderr);
        for (tape, expected) in tapes.iter().zip(expected) {
            assert_eq!(remembered(&syncing, *tape).await.as_ref(), Some(expected), "{arguments}");
        }
    }
    let run = syncing.run("reencode --preset swift --code never --live --yes").await;
    run.fails(1, "error: reencode: tape never is not in MongoDB");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_encodes_three_tapes_tells_what_all_would_come_to_and_changes_nothing() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("careful").await;
    let tapes: Vec<_> = (0..5).map(|number| TapeBuilder::numbered(64, 48, 10 * (number + 1))).collect();
    for (number, tape) in tapes.iter().enumerate() {
        syncing.site.add_tape(&owner, &format!("t{number}"), tape).await;
    }
    syncing.run("sync --live").await.succeeds();
    let (before, revision_before) = (syncing.state(&owner).await, revision(&syncing, &owner).await);
    let proxy = syncing.pds_proxy();
    let plan = syncing.run("reencode --preset swift --all --json").await.succeeds().json().pop().unwrap();
    let text = syncing.run("reencode --preset swift --all").await.succeeds();
    assert!(proxy.lines().iter().all(|line| line.starts_with("GET ")), "{:?}", proxy.lines());
    assert_eq!((syncing.state(&owner).await, revision(&syncing, &owner).await), (before, revision_before));

    // Of five, the middle ones of each third.
    let sizes = |preset: &str, numbers: &[usize]| -> u64 {
        numbers.iter().map(|number| converted(&tapes[*number], preset, "mp4").len() as u64).sum()
    };
    let [standard, swift] = ["standard", "swift"].map(|preset| sizes(preset, &[0, 2, 4]));
    let all = sizes("standard", &[0, 1, 2, 3, 4]);
    assert_eq!(plan["sample"], json!({ "tapes": 3, "before": standard, "after": swift, "all_before": all }));

    let kilobytes = |bytes: u64| format!("{:.1} kB", bytes as f64 / 1e3);
    let ratio = swift as f64 / standard as f64;
    let zips = kilobytes(plan["weight"]["file_bytes"].as_u64().unwrap());
    let (expected, handle) = ((all as f64 * ratio) as u64, &owner.handle);
    let width = handle.len();
    let expected = format!(
        "{:<width$}  replace  skip\n{handle}        5     0\n\n\
         accounts   1\n\
         tapes      5 to re-encode, 0 have that preset already\n\
         files      5 of {zips} to fetch\n\
         sample     of 3: {} → {} ({ratio:.2})\n\
         videos     {} → about {}\n\
         time       about 2 s; the server announces no limits\n",
        "account",
        kilobytes(standard),
        kilobytes(swift),
        kilobytes(all),
        kilobytes(expected),
    );
    assert_eq!(text.stdout(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tape_that_fails_keeps_its_video_and_does_not_keep_the_others_from_theirs() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let owner = site.account("unlucky").await;
    let tape = TapeBuilder::numbered(32, 24, 4);
    let good = site.add_tape(&owner, "good", &tape).await;
    let broken = site.add_tape(&owner, "broken", &TapeBuilder::numbered(32, 24, 5)).await;
    syncing.run("sync --live").await.succeeds();
    site.put(site.user_bucket(), &format!("{}/tape-broken.zip", owner.sub), "no ZIP any more").await;

    let plan = syncing.run("reencode --preset small --all").await.succeeds();
    assert!(plan.stdout().ends_with("failed     1 × not a readable ZIP archive: broken\n"), "{}", plan.stdout());
    let run = syncing.run("reencode --preset small --all --live --yes --report report.json").await;
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""));
    assert_eq!(remembered(&syncing, good).await, Some(versioned("small")));
    assert_eq!(remembered(&syncing, broken).await, Some(versioned("standard")));

    let report = reported(&syncing);
    let replaced = &report["accounts"][0]["replaced"];
    assert_eq!((replaced.as_array().unwrap().len(), &replaced[0]["code"]), (1, &json!("good")));
    let lines: Vec<_> = run.stdout().lines().collect();
    let header = "tape  account";
    assert!(lines[0].starts_with(header), "{}", run.stdout());
    assert!(lines[1].starts_with(&format!("good  {}  {}", owner.handle, versioned("standard"))), "{}", run.stdout());
    let label = |line: &&str| line.split("  ").next().unwrap().to_owned();
    let labels: Vec<_> = lines[2..].iter().map(label).collect();
    assert_eq!(labels, ["", "accounts", "done", "size", "quality", "failed", "report", "failed"]);
    assert_eq!(
        lines[7..],
        ["failed     1", "report     report.json", "failed     1 × not a readable ZIP archive: broken"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_that_is_gone_is_only_missed_in_the_comparison() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("lossy").await;
    syncing.site.add_tape(&owner, "t1", &TapeBuilder::numbered(32, 24, 4)).await;
    syncing.run("sync --live").await.succeeds();
    let proxy = syncing.pds_proxy();
    proxy.always("getBlob", Fault::Answer(Answer::xrpc(400, "BlobNotFound", "Blob not found")));
    syncing.run("reencode --preset small --all --live --yes --report report.json").await.succeeds();
    let replaced = reported(&syncing)["accounts"][0]["replaced"][0].take();
    assert!(replaced["before"]["cid"].is_string() && replaced["before"].get("psnr").is_none(), "{replaced}");
    assert!(replaced["after"]["psnr"].is_number(), "{replaced}");
}

#[test]
fn nobody_encodes_everything_by_accident() {
    let workshop = Workshop::new();
    for (arguments, expected) in [
        ("reencode --all", "--preset <NAME>"),
        ("reencode --preset small", "<--code <CODE>|--user <PATTERN>|--anonymous|--all>"),
        ("reencode --preset small --all --anonymous", "cannot be used with"),
        ("reencode --preset never --all", "preset \"never\" is unknown"),
        ("reencode --preset small --all --since soon", "expected a day such as 2025-10-01"),
        ("reencode --preset small --user (", "--user is not a regular expression"),
    ] {
        let run = workshop.run(arguments);
        assert_eq!((run.code, run.stdout()), (Some(2), ""), "{arguments}");
        assert!(run.stderr.contains(expected), "{arguments}: {}", run.stderr);
    }
}
