//! What a process takes does not grow with what strangers upload, nor with the number of accounts.

use mongodb::bson::doc;
use serde_json::json;
use telecine::record::Medium;

use crate::support::largest::largest;
use crate::support::tape::TapeBuilder;
use crate::sync::Syncing;

/// The most a sync may have at once, in bytes; as issue 11 has it.
const MOST: u64 = 400_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_paintings_of_many_accounts_share_one_budget() {
    let syncing = Syncing::new().await;
    let png = largest(16);
    for number in 0..4 {
        let owner = syncing.site.account(&format!("painter{number}")).await;
        for code in ["a"] {
            let key = format!("{}/{code}.png", owner.sub);
            syncing.site.put(syncing.site.user_bucket(), &key, png.clone()).await;
            syncing.site.add(&owner, Medium::Painting, doc! { "code": code, "slug": code }).await;
        }
    }
    let run = syncing.run("sync --live --users-at-once 10").await.succeeds();
    println!("4 paintings of 4096² × 16 bits: {} MB, {:?}", run.peak / 1_000_000, run.elapsed);
    assert!(run.peak < MOST, "{} MB", run.peak / 1_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_checked_or_saved_are_never_in_memory_as_a_whole() {
    let syncing = Syncing::new().await;
    let pds = syncing.site.pds();
    let owner = syncing.site.account("maker").await;
    for number in 0..6_u8 {
        let bytes: Vec<u8> = (0..30_000_000_u32).map(|byte| (byte / 7) as u8 ^ number).collect();
        let video = pds.upload_blob(&owner.session, "video/mp4", bytes).await;
        let id = syncing.site.add_tape(&owner, &format!("t{number}"), &TapeBuilder::numbered(16, 16, 2)).await;
        let collection = Medium::Tape.collection();
        let value = json!({
            "$type": collection, "slug": format!("tape-t{number}"), "code": format!("t{number}"), "video": video,
            "acUrl": format!("https://aesthetic.computer/!t{number}"), "zipUrl": "https://x.example/", "ref": id.to_hex(),
            "when": "2023-11-14T22:13:20.000Z",
        });
        pds.put_record(&owner.session, collection, &format!("3laaaaaaaaaa{}", number + 2), &value).await;
    }
    let compared = syncing.run("compare --all --download").await;
    println!("compared: {} MB", compared.peak / 1_000_000);
    assert!(!compared.stdout().contains("damaged") && !compared.stdout().contains("cannot be fetched"));
    assert!(compared.peak < MOST / 2, "{} MB", compared.peak / 1_000_000);
    let wiped = syncing.run("wipe maker --live --yes").await.succeeds();
    assert!(wiped.stdout().contains("saved      6 records, 6 files of 180.0 MB"), "{}", wiped.stdout());
    println!("saved: {} MB", wiped.peak / 1_000_000);
    assert!(wiped.peak < MOST / 2, "{} MB", wiped.peak / 1_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_lies_about_its_size_stays_out_of_a_page() {
    let syncing = Syncing::new().await;
    let pds = syncing.site.pds();
    let owner = syncing.site.account("liar").await;
    let id = syncing.site.add(&owner, Medium::Painting, doc! { "code": "p", "slug": "p" }).await;
    let mut thumbnail = pds.upload_blob(&owner.session, "image/png", vec![7; 5_000_000]).await;
    thumbnail["size"] = 5_000_000.into();
    let collection = Medium::Painting.collection();
    let value = json!({
        "$type": collection, "slug": "p", "code": "p", "thumbnail": thumbnail, "ref": id.to_hex(),
        "acUrl": "https://aesthetic.computer/#p", "imageUrl": "https://aesthetic.computer/media/paintings/p",
        "when": "2023-11-14T22:13:20.000Z",
    });
    pds.put_record(&owner.session, collection, "3laaaaaaaaaa2", &value).await;
    syncing.run("compare --all --report page.html").await;
    let page = syncing.workshop.get("page.html");
    assert!(page.len() < 100_000, "{}", page.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_tapes_lie_in_the_temporary_folder_than_are_worked_on() {
    let syncing = Syncing::new().await;
    let tape = TapeBuilder::numbered(64, 48, 30);
    for number in 0..6 {
        let owner = syncing.site.account(&format!("maker{number}")).await;
        for code in ["a", "b", "c"] {
            syncing.site.add_tape(&owner, code, &tape).await;
        }
    }
    let temporary = syncing.workshop.path("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let mut command = syncing.command("sync --live --users-at-once 10");
    command.env("TMPDIR", &temporary);
    let run = tokio::task::spawn_blocking(move || {
        let most = std::cell::Cell::new(0);
        let mut running = crate::support::command::Running::start(&mut command);
        let count = || std::fs::read_dir(&temporary).map_or(0, Iterator::count);
        while running.is_running() {
            most.set(most.get().max(count()));
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        (most.get(), running.finish())
    });
    let (most, run) = run.await.unwrap();
    run.succeeds();
    // Each has its ZIP, its video and its thumbnail there.
    let items = 2 * std::thread::available_parallelism().unwrap().get() + 2;
    assert!(most > 0 && most <= 3 * items, "{most} files of {items} items");
}
