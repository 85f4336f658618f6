//! Videos that users post as finished: checked before an upload, and rewritten to an MP4 where the file holds the same
//! in others. And objects that are stored compressed.

use std::io::Write;

use mongodb::bson::doc;
use mongodb::bson::oid::ObjectId;
use serde_json::Value;
use telecine::record::Medium;

use super::Syncing;
use crate::posted::{Movies, frames};
use crate::stack::site::Account;
use crate::support::picture::Picture;
use crate::support::probe::Video;
use crate::support::tape::TapeBuilder;

/// Adds a tape that was posted as a finished video.
async fn post(syncing: &Syncing, owner: &Account, code: &str, bytes: impl Into<Vec<u8>>) -> ObjectId {
    let site = &syncing.site;
    site.put_as(site.user_bucket(), &format!("{}/{code}.mp4", owner.sub), "video/mp4", bytes).await;
    site.add(owner, Medium::Tape, doc! { "code": code, "slug": code, "kind": "mp4" }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn movies_in_h264_and_aac_are_published_as_mp4_whatever_their_brand() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("director").await;
    let movies = Movies::new();
    let proxy = syncing.pds_proxy();
    let playable = movies.playable();
    for (code, movie) in &playable {
        post(&syncing, &owner, code, movie.clone()).await;
    }
    syncing.run("sync --live --tapes-only --report report.json").await.succeeds();
    let records = syncing.site.records(&owner, Medium::Tape).await;
    assert_eq!(records.len(), playable.len());
    for record in &records {
        let (code, video) = (record.value["code"].as_str().unwrap(), &record.value["video"]);
        assert_eq!(video["mimeType"], "video/mp4", "{code}");
        let bytes = syncing.site.pds().blob(owner.did(), video["ref"]["$link"].as_str().unwrap()).await;
        syncing.workshop.put("published.mp4", bytes);
        let published = Video::read(&syncing.workshop.path("published.mp4"));
        let brand = published.tags["major_brand"].as_str().unwrap();
        assert!(["isom", "mp42", "iso5"].contains(&brand), "{code}: {brand}");
        let (_, posted) = playable.iter().find(|(posted, _)| *posted == code).unwrap();
        syncing.workshop.put("posted.mp4", posted);
        let [posted, published] = ["posted.mp4", "published.mp4"].map(|name| frames(&syncing.workshop.path(name)));
        assert_eq!(published, posted, "{code}");
    }
    assert_eq!(proxy.count("uploadBlob"), records.len());
    assert_eq!(syncing.run("sync --live --tapes-only").await.code, Some(3));
    assert_eq!(proxy.count("uploadBlob"), records.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_published_is_blocked_with_its_reason_and_never_uploaded() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("joker").await;
    let movies = Movies::new();
    let zip = TapeBuilder::numbered(16, 16, 2).zip();
    let mut expected = vec![
        ("html", "is HTML, not an MP4".to_owned()),
        ("svg", "is SVG, not an MP4".into()),
        ("zip", "is a ZIP archive, not an MP4".into()),
        ("empty", "is empty".into()),
    ];
    for (code, bytes) in
        [("html", &b"<!doctype html><html>"[..]), ("svg", b"<svg xmlns=\"x\"/>"), ("zip", &zip), ("empty", b"")]
    {
        post(&syncing, &owner, code, bytes).await;
    }
    for (code, movie, reason) in movies.unplayable() {
        post(&syncing, &owner, code, movie).await;
        expected.push((code, reason));
    }
    expected.sort();
    let good = post(&syncing, &owner, "good", std::fs::read(movies.path("plain.mp4")).unwrap()).await;
    let proxy = syncing.pds_proxy();
    for is_first in [true, false] {
        let run = syncing.run("sync --live --tapes-only --report report.json").await;
        assert_eq!(run.code, Some(1), "{}{}", run.stdout(), run.stderr);
        let report: Value = serde_json::from_slice(&syncing.workshop.get("report.json")).unwrap();
        let blocked = report["accounts"][0]["blocked_items"].as_array().unwrap();
        let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
        let mut told: Vec<_> = blocked.iter().map(|item| (text(item, "label"), text(item, "reason"))).collect();
        told.sort();
        let reasons = expected.iter().map(|(code, reason)| ((*code).to_owned(), format!("posted video {reason}")));
        assert_eq!(told, reasons.collect::<Vec<_>>());
        assert_eq!(report["accounts"][0].get("parked"), None);
        let done = &report["done"]["tapes"];
        assert_eq!(
            (done["create"].as_u64(), done["blocked"].as_u64()),
            (Some(is_first.into()), Some(told.len() as u64))
        );
        assert_eq!(proxy.count("uploadBlob"), 1);
    }
    let records = syncing.site.records(&owner, Medium::Tape).await;
    assert_eq!((records.len(), &records[0].value["ref"]), (1, &good.to_hex().into()));
    let run = syncing.run("publish tape html").await;
    run.fails(1, "error: tape html: posted video is HTML, not an MP4");
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_stored_compressed_are_unpacked_and_other_encodings_are_named() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let owner = site.account("packer").await;
    let tape = TapeBuilder::numbered(32, 24, 3);
    for (code, encoding, bytes) in [
        ("gzip", "gzip", gzipped(&tape.zip())),
        ("chunked", "aws-chunked,gzip", gzipped(&tape.zip())),
        ("brotli", "br", tape.zip()),
        ("liar", "gzip", tape.zip()),
        ("bomb", "gzip", gzipped(&vec![0; 1 << 20])),
    ] {
        site.put_encoded(site.user_bucket(), &format!("{}/{code}.zip", owner.sub), encoding, bytes).await;
        site.add(&owner, Medium::Tape, doc! { "code": code, "slug": code, "kind": "zip" }).await;
    }
    let picture = gzipped(&Picture::numbered(32, 24, 1).png());
    site.put_encoded(site.user_bucket(), &format!("{}/p.png", owner.sub), "gzip", picture).await;
    site.add(&owner, Medium::Painting, doc! { "code": "pond", "slug": "p" }).await;
    let movie = gzipped(&std::fs::read(Movies::new().path("plain.mp4")).unwrap());
    site.put_encoded(site.user_bucket(), &format!("{}/m.mp4", owner.sub), "gzip", movie).await;
    site.add(&owner, Medium::Tape, doc! { "code": "movie", "slug": "m", "kind": "mp4" }).await;

    let run = syncing.run("sync --live --report report.json").await;
    assert_eq!(run.code, Some(1), "{}{}", run.stdout(), run.stderr);
    let codes: std::collections::BTreeSet<_> = site
        .records(&owner, Medium::Tape)
        .await
        .iter()
        .map(|record| record.value["code"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(codes, ["chunked", "gzip", "movie"].map(str::to_owned).into());
    assert_eq!(site.records(&owner, Medium::Painting).await.len(), 1);
    let out = run.stdout();
    for (encoding, code) in [("br", "brotli"), ("gzip", "liar")] {
        let told = out.lines().any(|line| {
            line.contains(&format!("content encoding {encoding}, which cannot be decoded"))
                && line.ends_with(&format!(": {code}"))
        });
        assert!(told, "{code}: {out}");
    }
    assert!(!out.contains("liar.zip is not a readable"), "{out}");
}
