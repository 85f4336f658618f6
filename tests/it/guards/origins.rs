//! Files come from the site's own buckets, whatever a document says.

use mongodb::bson::{Document, doc};
use telecine::record::Medium;

use crate::stack::site::Account;
use crate::support::picture::Picture;
use crate::support::tape::TapeBuilder;
use crate::sync::Syncing;

async fn blocked(syncing: &Syncing, owner: &Account, medium: Medium, reason: &str) {
    let planned = syncing.run("sync").await;
    assert!(planned.stdout().contains(&format!("blocked    1 × {reason}")), "{}", planned.stdout());
    syncing.run("sync --live").await;
    let compared = syncing.run("compare --all").await;
    assert!(compared.stdout().contains(reason.split(": ").next().unwrap()), "{}", compared.stdout());
    assert_eq!(syncing.site.records(owner, medium).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_not_the_sites_is_never_asked() {
    for bucket in ["private-backups", "127.0.0.1:1/x?", "u:p@127.0.0.1:1/#", "..", "art-aesthetic-computer/../x"] {
        let mut syncing = Syncing::new().await;
        let owner = syncing.site.account("thief").await;
        let spaces = syncing.spaces_proxy();
        let painting = doc! { "code": "abc", "slug": "secret", "bucket": bucket };
        syncing.site.add(&owner, Medium::Painting, painting).await;
        blocked(&syncing, &owner, Medium::Painting, &format!("bucket {bucket:?} is not one of the site's: abc")).await;
        assert_eq!(spaces.lines(), [""; 0], "{bucket}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slug_leads_to_no_file_of_another_user() {
    let syncing = Syncing::new().await;
    let (thief, victim) = (syncing.site.account("thief").await, syncing.site.account("victim").await);
    let picture = Picture::numbered(32, 32, 1).png();
    let key = format!("{}/painting/secret.png", victim.sub);
    syncing.site.put(syncing.site.user_bucket(), &key, picture).await;
    for (code, slug) in [
        ("a", format!("../{}/painting/secret", victim.sub)),
        ("b", format!("{}/../{}/painting/secret", thief.sub, victim.sub)),
        ("c", "x//secret".into()),
        ("d", "a\u{1b}[2J".into()),
        ("e", "./secret".into()),
        ("f", "a\nb".into()),
    ] {
        syncing.site.add(&thief, Medium::Painting, doc! { "code": code, "slug": slug }).await;
    }
    let run = syncing.run("sync --json").await;
    syncing.run("sync --live").await;
    assert_eq!(syncing.site.records(&thief, Medium::Painting).await.len(), 0, "{}", run.stdout());
    let report = run.json();
    let blocked = report[0]["blocked_items"].as_array().unwrap();
    assert_eq!(blocked.len(), 6, "{report:?}");
    assert!(blocked.iter().all(|blocked| blocked["reason"] == "slug or code is not a valid file name"), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_without_an_account_leads_to_no_file_of_a_user() {
    let syncing = Syncing::new().await;
    let (guest, victim) = (syncing.site.guest().await, syncing.site.account("victim").await);
    let tape = TapeBuilder::numbered(32, 24, 3).zip();
    syncing.site.put(syncing.site.user_bucket(), &format!("{}/secret.zip", victim.sub), tape).await;
    let fields = doc! { "code": "abc", "slug": format!("{}/secret", victim.sub), "bucket": syncing.site.user_bucket() };
    syncing.site.add(&guest, Medium::Tape, fields).await;
    blocked(&syncing, &guest, Medium::Tape, "slug or code is not a valid file name: abc").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_posted_video_comes_from_a_bucket_of_ours() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("poster").await;
    let endpoint = syncing.site.environment()["ART_SPACES_ENDPOINT"].clone();
    let spaces = syncing.spaces_proxy();
    let proxy = spaces.url().to_owned();
    let bucket = syncing.site.user_bucket().to_owned();
    for (number, url) in [
        format!("{proxy}/private-backups/x.mp4"),
        format!("{proxy}/{bucket}/../private-backups/x.mp4"),
        format!("{proxy}/{bucket}%2F..%2Fprivate-backups/x.mp4"),
        format!("{proxy}/{bucket}/%2e%2e%2fprivate-backups/x.mp4"),
        format!("{proxy}/{bucket}/"),
        format!("{}@{bucket}/x.mp4", proxy.replacen("http://", "http://u:p@", 1)),
        format!("{endpoint}/{bucket}/x.mp4"),
        "https://private-backups.sfo3.digitaloceanspaces.com/x.mp4".into(),
        "https://aesthetic.computer/x.mp4".into(),
        "https://evil.art.aesthetic.computer/x.mp4".into(),
        "http://art.aesthetic.computer/x.mp4".into(),
        "https://art.aesthetic.computer:8443/x.mp4".into(),
        "https://u:p@art.aesthetic.computer/x.mp4".into(),
    ]
    .into_iter()
    .enumerate()
    {
        let fields = doc! { "code": format!("c{number}"), "slug": format!("s{number}"), "kind": "mp4", "mp4Url": url };
        syncing.site.add(&owner, Medium::Tape, fields).await;
    }
    let run = syncing.run("sync --json").await;
    let report = run.json();
    let blocked = report[0]["blocked_items"].as_array().unwrap();
    let told =
        |blocked: &&serde_json::Value| blocked["reason"].as_str().unwrap().ends_with("is outside the site's buckets");
    assert_eq!(blocked.iter().filter(told).count(), 13, "{report:?}");
    syncing.run("sync --live").await;
    let asked: Vec<_> = spaces.lines().into_iter().filter(|line| line.starts_with("GET ")).collect();
    assert_eq!(asked, [""; 0]);
    assert_eq!(syncing.site.records(&owner, Medium::Tape).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_right_stays_right_when_its_files_cannot_be_asked_for_any_more() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("mover").await;
    let id = syncing.site.add_painting(&owner, "abc", &Picture::numbered(32, 32, 1)).await;
    syncing.run("sync --live").await.succeeds();
    let paintings = syncing.site.database().collection::<Document>("paintings");
    paintings.update_one(doc! { "_id": id }, doc! { "$set": { "bucket": "elsewhere" } }).await.unwrap();
    assert_eq!(syncing.run("sync --live").await.code, Some(3));
    assert_eq!(syncing.site.records(&owner, Medium::Painting).await.len(), 1);
}
