//! Words of strangers reach the terminal as words.

use std::io::{Cursor, Write};

use mongodb::bson::{Document, doc};
use telecine::record::Medium;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::support::command::{Run, Workshop};
use crate::support::tape::TapeBuilder;
use crate::support::zip::Spoiled;
use crate::sync::Syncing;

/// Clears the screen, begins a line, changes the direction of writing; as two bytes and as one.
const HOSTILE: &str = "a\u{1b}[2J\u{9b}31m\nerror: forged\r\u{202e}z";

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Checks that nothing but text came out, and none of it at the beginning of a line where it could pass for ours.
fn is_tame(run: &Run, what: &str) {
    for text in [run.stdout(), &run.stderr] {
        let acts = |letter: char| letter != '\n' && (letter.is_control() || letter == '\u{202e}');
        assert!(!text.contains(acts), "{what}: {text:?}");
        assert!(text.lines().all(|line| !line.starts_with("error: forged")), "{what}: {text}");
    }
}

#[test]
fn names_in_archives_are_shown_and_not_obeyed() {
    let workshop = Workshop::new();
    let tape = TapeBuilder::numbered(16, 16, 3);
    let picture = crate::support::picture::Picture::numbered(16, 16, 1).png();
    let extra = zip(&[("frame-00000.png", &picture), (HOSTILE, b"x")]);
    let damaged = zip(&[(&format!("frame-1{HOSTILE}.png"), b"no picture")]);
    let other = HOSTILE.replace('z', "y");
    let twice =
        Spoiled(zip(&[("frame-00000.png", &picture), (HOSTILE, b"x"), (&other, b"y")])).rename(&other, HOSTILE).0;
    workshop.put("good.zip", tape.zip());
    for (name, zip) in [("extra.zip", extra), ("damaged.zip", damaged), ("twice.zip", twice)] {
        workshop.put(name, zip);
        for command in ["inspect", "inspect --json", "convert --force", "convert --force --json"] {
            is_tame(&workshop.run(&format!("{command} good.zip {name}")), &format!("{command} {name}"));
        }
    }
    let odd = format!("{}.zip", HOSTILE.replace('/', ""));
    workshop.put(&odd, "no zip");
    for command in ["inspect", "convert", "measure", "thumbnail"] {
        let mut command = workshop.telecine(command);
        command.arg(&odd).arg(&odd);
        is_tame(&crate::support::command::run(&mut command), &odd);
    }
    let told = workshop.run("inspect extra.zip");
    assert!(told.stdout().contains(r"a\u{1b}[2J\u{9b}31m\nerror: forged\r\u{202e}z"), "{}", told.stdout());
}

#[tokio::test(flavor = "multi_thread")]
async fn slugs_codes_handles_and_subjects_are_shown_and_not_obeyed() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let owner = site.account("jeffrey").await;
    site.add(&owner, Medium::Painting, doc! { "code": HOSTILE, "slug": HOSTILE }).await;
    site.add(&owner, Medium::Tape, doc! { "code": format!("{HOSTILE}t"), "slug": "s", "bucket": HOSTILE }).await;
    site.add(
        &owner,
        Medium::Tape,
        doc! { "code": format!("{HOSTILE}m"), "slug": "s", "kind": "mp4", "mp4Url": HOSTILE },
    )
    .await;
    site.add(&owner, Medium::Piece, doc! { "slug": HOSTILE }).await;
    site.add_kidlisp(&owner, HOSTILE, HOSTILE).await;
    site.add_mood(&owner, HOSTILE).await;
    let stranger = doc! { "mood": "hello", "user": format!("auth0|{HOSTILE}") };
    site.database().collection::<Document>("moods").insert_one(stranger).await.unwrap();
    site.database()
        .collection::<Document>("moods")
        .insert_one(doc! { "_id": HOSTILE, "user": &owner.sub })
        .await
        .unwrap();
    let handles = site.database().collection::<Document>("@handles");
    handles.update_one(doc! { "_id": &owner.sub }, doc! { "$set": { "handle": HOSTILE } }).await.unwrap();
    let users = site.database().collection::<Document>("users");
    users.update_one(doc! { "_id": &owner.sub }, doc! { "$set": { "atproto.handle": HOSTILE } }).await.unwrap();
    for command in [
        "sync",
        "sync --json",
        "compare --all",
        "compare --all --json",
        "status",
        "accounts list",
        "accounts check",
        "accounts list --json",
        "doctor",
        "sync --live",
        "compare --all --report page.md",
        "compare --all --report page.html",
        "reencode --preset small --all",
    ] {
        is_tame(&syncing.run(command).await, command);
    }
    for command in ["wipe", "restore", "compare"] {
        let mut command = syncing.command(command);
        command.arg(HOSTILE);
        let run = tokio::task::spawn_blocking(move || crate::support::command::run(&mut command)).await.unwrap();
        is_tame(&run, "a handle");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_its_place_in_a_page() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("jeffrey").await;
    for slug in ["a\n\n# Forged\n", "`b`\n\n<script>alert(1)</script>", "|c|\n\n[x](javascript:y)"] {
        syncing.site.add_piece(&owner, slug).await;
    }
    syncing.run("compare --all --report page.md").await;
    let page = String::from_utf8(syncing.workshop.get("page.md")).unwrap();
    let problems: Vec<_> = page.lines().filter(|line| line.starts_with("* ")).collect();
    assert_eq!(problems.len(), 3, "{page}");
    assert!(problems.iter().all(|line| line.starts_with("* `") && line.matches('`').count() == 2), "{page}");
    assert!(!page.contains("\n# Forged") && !page.contains("\n<script>"), "{page}");
    syncing.run("compare --all --report page.html").await;
    let page = String::from_utf8(syncing.workshop.get("page.html")).unwrap();
    assert!(!page.contains("<script>"), "{page}");
}
