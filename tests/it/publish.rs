//! `telecine record` tells what `telecine publish` then does.

use std::process::Command;

use mongodb::bson::oid::ObjectId;
use serde_json::Value;
use telecine::record::Medium;

use crate::stack::site::{Account, Site};
use crate::support::command::{Run, Workshop, run};
use crate::support::picture::Picture;
use crate::support::tape::TapeBuilder;

/// Runs the program against a site.
async fn telecine(site: &Site, arguments: &str) -> Run {
    let workshop = Workshop::new();
    let mut command: Command = workshop.telecine(arguments);
    command.envs(site.environment());
    let run = tokio::task::spawn_blocking(move || run(&mut command)).await.unwrap();
    drop(workshop);
    run
}

/// One item of each medium: how it is called on the command line.
async fn one_of_each(site: &Site, owner: &Account) -> [(Medium, String); 5] {
    let hex = |id: ObjectId| id.to_hex();
    let picture = Picture::numbered(48, 32, 1);
    site.add_painting(owner, "p1", &picture).await;
    site.add_kidlisp(owner, "cow", "(wipe blue)").await;
    site.add_tape(owner, "t1", &TapeBuilder::numbered(32, 24, 4)).await;
    [
        (Medium::Mood, hex(site.add_mood(owner, "hello").await)),
        (Medium::Piece, hex(site.add_piece(owner, "dance").await)),
        (Medium::Kidlisp, "cow".into()),
        (Medium::Painting, "p1".into()),
        (Medium::Tape, "t1".into()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_that_is_shown_is_the_record_that_is_published() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    for (medium, name) in one_of_each(&site, &owner).await {
        let item = format!("{} {name}", medium.name());
        let shown = telecine(&site, &format!("record {item}")).await.succeeds();
        let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
        assert!(site.records(&owner, medium).await.is_empty(), "{item}");

        let published = telecine(&site, &format!("publish {item}")).await.succeeds();
        let record = site.records(&owner, medium).await.pop().unwrap();
        let uri = format!("at://{}/{}/{}", owner.did(), medium.collection(), record.rkey);
        assert_eq!(published.stdout().trim_end(), uri);
        assert_eq!((&shown["uri"], &shown["cid"], &shown["value"]), (&uri.into(), &record.cid.into(), &record.value));

        assert_eq!(telecine(&site, &format!("publish {item}")).await.code, Some(3), "{item}");
        let again = telecine(&site, &format!("record {item}")).await.succeeds();
        assert_eq!(serde_json::from_slice::<Value>(&again.stdout).unwrap(), shown, "{item}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn making_a_tapes_record_uploads_nothing() {
    let site = Site::new().await;
    let guest = site.account("maker").await;
    site.add_tape(&guest, "t1", &TapeBuilder::numbered(32, 24, 4)).await;
    let before = site.pds().get_bytes("com.atproto.sync.getRepo", &[("did", guest.did())]).await;
    let shown = telecine(&site, "record tape t1").await.succeeds();
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["value"]["video"]["mimeType"], "video/mp4");
    let after = site.pds().get_bytes("com.atproto.sync.getRepo", &[("did", guest.did())]).await;
    assert_eq!(before, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_named() {
    let site = Site::new().await;
    for command in ["record", "publish"] {
        let run = telecine(&site, &format!("{command} tape never")).await;
        run.fails(1, "error: tape never: item is not in MongoDB");
    }
}
