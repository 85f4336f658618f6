//! How both sides stand, told item by item and in sum.

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use serde_json::{Value, json};
use telecine::record::Medium;

use crate::stack::proxy::{Answer, Fault};
use crate::stack::site::Account;
use crate::support::picture::Picture;
use crate::support::tape::TapeBuilder;
use crate::sync::Syncing;

const GET_BLOB: &str = "com.atproto.sync.getBlob";

/// A site where everything that can be the matter is the matter once.
struct Trouble {
    syncing: Syncing,
    owner: Account,
    /// By what is the matter with it.
    edited: ObjectId,
    missing: ObjectId,
}

async fn update(syncing: &Syncing, medium: Medium, id: ObjectId, update: Document) {
    let items = syncing.site.database().collection::<Document>(medium.plural());
    items.update_one(doc! { "_id": id }, update).await.unwrap();
}

async fn trouble() -> Trouble {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("jeffrey").await;
    let site = &syncing.site;
    site.add_mood(&owner, "the same").await;
    let edited = site.add_mood(&owner, "before").await;
    let forgotten = site.add_piece(&owner, "forgotten").await;
    let unseen = site.add_kidlisp(&owner, "cow", "(wipe blue)").await;
    let gone = site.add_kidlisp(&owner, "gone", "(wipe red)").await;
    let painting = site.add_painting(&owner, "pond", &Picture::numbered(64, 48, 1)).await;
    syncing.run("sync --live").await.succeeds();

    update(&syncing, Medium::Mood, edited, doc! { "$set": { "mood": "after" } }).await;
    update(&syncing, Medium::Piece, forgotten, doc! { "$unset": { "atproto": "" } }).await;
    update(&syncing, Medium::Kidlisp, unseen, doc! { "$set": { "nuked": true } }).await;
    let kidlisp = site.database().collection::<Document>("kidlisp");
    kidlisp.delete_one(doc! { "_id": gone }).await.unwrap();
    let missing = site.add_mood(&owner, "not yet").await;
    site.add_mood(&owner, &"x".repeat(5_001)).await;
    let record = &site.records(&owner, Medium::Painting).await[0];
    assert_eq!(record.value["ref"], painting.to_hex());
    let collection = Medium::Painting.collection();
    site.pds().put_record(&owner.session, collection, "3lduplicate22", &record.value).await;
    Trouble { syncing, owner, edited, missing }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_difference_is_a_line_and_sync_mends_what_can_be_mended() {
    let Trouble { syncing, owner, edited, missing } = trouble().await;
    let compared = syncing.run("compare jeffrey").await;
    assert_eq!(compared.code, Some(1), "{}", compared.stderr);
    let orphan = syncing.site.records(&owner, Medium::Kidlisp).await;
    let orphan = orphan.iter().find(|record| record.value["code"] == "gone").unwrap().rkey.clone();
    let long = compared.stdout().lines().find(|line| line.starts_with('?')).unwrap();
    assert!(
        long.ends_with(": mood has 5001 bytes; the limit is 5000, text has 5001 bytes; the limit is 5000"),
        "{long}"
    );
    let mut expected = vec![
        format!("* NAME/moods/{edited}: mood \"before\" → \"after\", text \"before\" → \"after\""),
        format!("+ NAME/moods/{missing}"),
        "* NAME/pieces/forgotten: mongodb lacks its key".into(),
        "* NAME/kidlisp/cow: nuked nothing → true".into(),
        format!("- NAME/kidlisp/{orphan}"),
        "& NAME/paintings/pond: duplicate 3lduplicate22".into(),
    ];
    for line in &mut expected {
        *line = line.replace("NAME", &owner.handle);
    }
    expected.push(long.into());
    expected.sort();
    let mut lines: Vec<_> = compared.stdout().lines().take_while(|line| !line.starts_with("type")).collect();
    lines.sort_unstable();
    assert_eq!(lines, expected);
    let table: Vec<_> = compared.stdout().lines().skip_while(|line| !line.starts_with("type")).collect();
    assert_eq!(
        table,
        [
            "type       items  identical  missing  differs  duplicate  orphan  broken  blocked",
            "kidlisp        1          0        0        1          0       1       0        0",
            "moods          4          1        1        1          0       0       0        1",
            "paintings      1          1        0        0          1       0       0        0",
            "pieces         1          0        0        1          0       0       0        0",
            "tapes          0          0        0        0          0       0       0        0",
            "total          7          2        1        3          1       1       0        1",
            "",
            "accounts   1: 0 identical",
        ]
    );

    syncing.run("sync --live --orphans delete").await.succeeds();
    let repaired = syncing.run("compare jeffrey").await;
    assert_eq!(repaired.stdout().lines().next(), Some(long));
    assert!(repaired.stdout().lines().nth(1).unwrap().starts_with("type"), "{}", repaired.stdout());

    // And back again.
    let unseen = syncing.site.database().collection::<Document>("kidlisp");
    unseen.update_many(doc! {}, doc! { "$unset": { "nuked": "" } }).await.unwrap();
    let compared = syncing.run("compare jeffrey --kidlisp-only").await;
    let line = format!("* {}/kidlisp/cow: nuked true → nothing", owner.handle);
    assert_eq!(compared.stdout().lines().next(), Some(line.as_str()));
    syncing.run("sync --live --kidlisp-only").await.succeeds();
    syncing.run("compare jeffrey --kidlisp-only").await.succeeds();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_is_compared_all_the_same() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let owner = site.account("jeffrey").await;
    let mood = site.add_mood(&owner, "before").await;
    syncing.run("sync --live").await.succeeds();
    let record = site.records(&owner, Medium::Mood).await.remove(0);
    site.pds().put_record(&owner.session, Medium::Mood.collection(), "3lduplicate22", &record.value).await;
    site.add_mood(&owner, "not yet").await;
    update(&syncing, Medium::Mood, mood, doc! { "$set": { "mood": "x".repeat(5_001) } }).await;
    let users = site.database().collection::<Document>("users");
    users.update_many(doc! {}, doc! { "$unset": { "atproto.password": "" } }).await.unwrap();

    let compared = syncing.run("compare jeffrey --moods-only --json").await;
    let lines = compared.json();
    let told = |name: &str| &lines[0]["media"]["moods"][name];
    let counts = ["items", "identical", "missing", "duplicate", "blocked"].map(told);
    assert_eq!(counts, [2, 0, 1, 1, 1].map(Value::from).each_ref());
    let verdicts: Vec<_> =
        lines[0]["findings"].as_array().unwrap().iter().map(|found| found["verdict"].clone()).collect();
    assert_eq!((compared.code, verdicts), (Some(1), vec!["blocked".into(), "duplicate".into(), "missing".into()]));
    assert_eq!(lines[0].get("blocked"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tape_that_mongodb_takes_for_unfinished_differs() {
    let syncing = Syncing::new().await;
    let guest = syncing.site.guest().await;
    let tape = syncing.site.add_tape(&guest, "9Yo", &TapeBuilder::numbered(32, 24, 3)).await;
    syncing.run("sync --live").await.succeeds();
    syncing.run("compare --anonymous").await.succeeds();
    update(&syncing, Medium::Tape, tape, doc! { "$set": { "mp4Status": "pending" } }).await;
    let compared = syncing.run("compare --anonymous").await;
    let line = format!("* {}/tapes/9Yo: mongodb lacks its complete status", guest.handle);
    assert_eq!((compared.code, compared.stdout().lines().next()), (Some(1), Some(line.as_str())));
    update(&syncing, Medium::Tape, tape, doc! { "$unset": { "at": "" } }).await;
    let compared = syncing.run("compare --anonymous").await;
    assert!(compared.stdout().contains("9Yo: mongodb lacks its key\n"), "{}", compared.stdout());
}

#[tokio::test(flavor = "multi_thread")]
async fn orphans_stay_unless_one_says_so() {
    let Trouble { syncing, owner, .. } = trouble().await;
    syncing.run("sync --live").await.succeeds();
    assert_eq!(syncing.site.records(&owner, Medium::Kidlisp).await.len(), 2);
    let planned = syncing.run("sync --orphans delete --kidlisp-only --json").await.succeeds();
    assert_eq!(planned.json()[0]["planned"]["kidlisp"]["withdraw"], 1);
    assert_eq!(syncing.site.records(&owner, Medium::Kidlisp).await.len(), 2);
    syncing.run("sync --live --orphans delete").await.succeeds();
    assert_eq!(syncing.site.records(&owner, Medium::Kidlisp).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_gone_or_damaged_are_found_by_fetching_them() {
    let mut syncing = Syncing::new().await;
    let guest = syncing.site.guest().await;
    syncing.site.add_painting(&guest, "pond", &Picture::numbered(64, 48, 1)).await;
    syncing.run("sync --live").await.succeeds();
    let cid = syncing.site.records(&guest, Medium::Painting).await[0].value["thumbnail"]["ref"]["$link"].clone();
    let proxy = syncing.pds_proxy();
    syncing.run("compare --anonymous --download").await.succeeds();

    proxy.once(GET_BLOB, Fault::Answer(Answer::xrpc(400, "InvalidRequest", "Blob not found")));
    let compared = syncing.run("compare --anonymous --download").await;
    let line = format!("! {}/paintings/pond: thumbnail {} is not on the pds", guest.handle, cid.as_str().unwrap());
    assert_eq!((compared.code, compared.stdout().lines().next()), (Some(1), Some(line.as_str())));
    // Of one file that the server keeps to itself the others are not the worse.
    syncing.site.add_painting(&guest, "lake", &Picture::numbered(64, 48, 2)).await;
    syncing.run("sync --live --anonymous").await.succeeds();
    proxy.once(GET_BLOB, Fault::Answer(Answer::xrpc(403, "Forbidden", "not for you")));
    let compared = syncing.run("compare --anonymous --download --paintings-only --json").await;
    let told = &compared.json()[0];
    let counts = ["items", "identical", "broken"].map(|count| &told["media"]["paintings"][count]);
    assert_eq!((compared.code, counts), (Some(1), [&json!(2), &json!(1), &json!(1)]));
    let reason = told["findings"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("thumbnail cannot be fetched: ") && reason.ends_with(": not for you"), "{reason}");
    // Unknown without a download.
    let fetched = proxy.count(GET_BLOB);
    syncing.run("compare --anonymous").await.succeeds();
    assert_eq!(proxy.count(GET_BLOB), fetched);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_has_counts_problems_and_pictures() {
    let Trouble { syncing, owner, .. } = trouble().await;
    let compared = syncing.run("compare --all --report page.html --json").await;
    assert_eq!(compared.code, Some(1));
    let page = String::from_utf8(syncing.workshop.get("page.html")).unwrap();
    assert!(page.contains("<h1>Migration status</h1>") && page.contains("<progress value=\"2\" max=\"7\">"), "{page}");
    assert!(page.contains("<figcaption>pond</figcaption>") && page.contains("data:image/png;base64,"));
    assert!(page.contains("mood &quot;before&quot; → &quot;after&quot;") && page.contains("Problems: 7"));
    let sum = compared.json().pop().unwrap();
    assert_eq!((&sum["accounts"], &sum["media"]["moods"]["missing"]), (&json!(1), &json!(1)));

    assert_eq!(syncing.run("compare --all --report page.md").await.code, Some(1));
    let page = String::from_utf8(syncing.workshop.get("page.md")).unwrap();
    assert!(page.contains("| moods | ██░░░░░░░░ 25 % | 4 | 1 | 1 | 1 | 0 | 0 | 0 | 1 |\n"), "{page}");
    assert!(page.contains("com.atproto.sync.getBlob?did=") && page.contains(&format!("`& {}", owner.handle)));

    let refused = syncing.run("compare --all --report missing/page.md").await;
    refused.fails(1, "error: compare: cannot write missing/page.md\n  because: No such file or directory (os error 2)");
    let refused = syncing.run("compare --all --report page.pdf").await;
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("expected a name that ends in .html or .md"), "{}", refused.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_cannot_be_fetched_is_left_out_of_the_page() {
    let mut syncing = Syncing::new().await;
    let guest = syncing.site.guest().await;
    syncing.site.add_painting(&guest, "pond", &Picture::numbered(64, 48, 1)).await;
    syncing.site.add_painting(&guest, "lake", &Picture::numbered(64, 48, 2)).await;
    syncing.run("sync --live").await.succeeds();
    let proxy = syncing.pds_proxy();
    proxy.once(GET_BLOB, Fault::Answer(Answer::xrpc(403, "Forbidden", "not for you")));
    let compared = syncing.run("compare --anonymous --report page.html").await.succeeds();
    assert!(compared.stdout().ends_with("accounts   1: 1 identical\n"), "{}", compared.stdout());
    let page = String::from_utf8(syncing.workshop.get("page.html")).unwrap();
    assert_eq!((proxy.count(GET_BLOB), page.matches("<figcaption>").count()), (2, 1), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn status_shows_the_sums_and_who_is_blocked() {
    let Trouble { mut syncing, .. } = trouble().await;
    let mood = doc! { "user": "auth0|stranger", "mood": "hello", "when": 1 };
    syncing.site.database().collection::<Document>("moods").insert_one(mood).await.unwrap();
    let proxy = syncing.pds_proxy();
    let status = syncing.run("status").await.succeeds();
    let lines: Vec<_> = status.stdout().lines().collect();
    assert_eq!(
        lines,
        [
            "type       items  done              missing  differs  duplicate  orphan  blocked",
            "kidlisp        1  ░░░░░░░░░░ 0 %          0        1          0       1        0",
            "moods          5  ██░░░░░░░░ 20 %         1        1          0       0        2",
            "paintings      1  ██████████ 100 %        0        0          1       0        0",
            "pieces         1  ░░░░░░░░░░ 0 %          0        1          0       0        0",
            "tapes          0  ██████████ 100 %        0        0          0       0        0",
            "",
            "accounts   2: 0 identical, 1 blocked (no account on the PDS)",
        ]
    );
    assert_eq!(proxy.count(GET_BLOB), 0);
    let told: Value = syncing.run("status --json").await.succeeds().json().remove(0);
    assert_eq!(told["blocked"], json!({ "no account on the PDS": 1 }));
    assert_eq!(["accounts", "identical", "failed"].map(|name| &told[name]), [&json!(2), &json!(0), &json!(0)]);
    // A failed one is counted in the summary.
    proxy.once("com.atproto.sync.getRepo", Fault::Answer(Answer::xrpc(403, "Forbidden", "not for you")));
    for command in ["status --json", "compare --all --json"] {
        let run = syncing.run(command).await;
        let sum = run.json().pop().unwrap();
        let failed = usize::from(command.starts_with("status"));
        assert_eq!((run.code, &sum["failed"], &sum["identical"]), (Some(1), &json!(failed), &json!(0)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_of_thousands_takes_bounded_memory() {
    const OWNERS: usize = 2_000;
    let syncing = Syncing::new().await;
    let database = syncing.site.database();
    let index = doc! { "createIndexes": "moods", "indexes": [{ "key": { "user": 1 }, "name": "user" }] };
    database.run_command(index).await.unwrap();
    let least = syncing.run("status --types moods").await.succeeds().peak;
    let text = "x".repeat(20_000);
    for start in (0..OWNERS).step_by(500) {
        let some = (start..start + 500).map(|number| doc! { "user": format!("auth0|{number}"), "mood": &text });
        database.collection::<Document>("moods").insert_many(some).await.unwrap();
    }
    let run = syncing.run("status --types moods").await.succeeds();
    let told = format!("accounts   {OWNERS}: 0 identical, {OWNERS} blocked (no account on the PDS)\n");
    assert!(run.stdout().ends_with(&told), "{}", run.stdout());
    assert!(run.peak < least + (16 << 20), "{least} bytes without accounts, {} with all", run.peak);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_must_be_said_what_to_compare_and_somebody_unknown_is_told() {
    let syncing = Syncing::new().await;
    for (arguments, code, expected) in [
        ("compare", 2, "the following required arguments were not provided"),
        ("compare jeffrey --all", 2, "cannot be used with"),
        ("compare nobody", 1, "error: compare: account nobody is not in MongoDB\n"),
        ("wipe nobody", 1, "error: wipe nobody: account nobody is not in MongoDB\n"),
        ("restore nobody --from .", 1, "is not a backup\n  because: folder contains no CAR\n"),
    ] {
        let run = syncing.run(arguments).await;
        assert_eq!(run.code, Some(code), "{arguments}");
        assert!(run.stderr.contains(expected), "{arguments}: {}", run.stderr);
    }
}
