//! What is finished is written, whatever else is waited for; and what the PDS has forgotten is uploaded again.

use std::time::Duration;

use telecine::record::Medium;

use crate::stack::proxy::{Answer, Fault};
use crate::stack::site::Account;
use crate::support::picture::Picture;
use crate::sync::Syncing;

const APPLY: &str = "applyWrites";
const UPLOAD: &str = "uploadBlob";

async fn painter(count: usize) -> (Syncing, Account) {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("painter").await;
    for number in 0..count {
        let picture = Picture::numbered(32, 32, number);
        syncing.site.add_painting(&owner, &format!("p{number}"), &picture).await;
    }
    (syncing, owner)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_uploaded_is_written_while_the_next_upload_waits_and_when_the_user_stops() {
    let (mut syncing, owner) = painter(40).await;
    let proxy = std::sync::Arc::new(syncing.pds_proxy());
    proxy.next(UPLOAD, std::iter::repeat_n(None, 20));
    proxy.always(UPLOAD, Fault::Answer(Answer::rate_limited(Duration::from_mins(10))));
    let mut running = syncing.start("sync --live --report report.json");
    let seen = proxy.clone();
    let running = tokio::task::spawn_blocking(move || {
        running.wait_until(|| seen.count(APPLY) > 0);
        running
    });
    let running = running.await.unwrap();
    // Before a stop.
    let mut patience = 0;
    while syncing.site.records(&owner, Medium::Painting).await.len() < 20 {
        assert!(patience < 200, "{}", syncing.site.records(&owner, Medium::Painting).await.len());
        tokio::time::sleep(Duration::from_millis(100)).await;
        patience += 1;
    }
    running.signal("INT");
    let run = tokio::task::spawn_blocking(move || running.finish()).await.unwrap();
    assert_eq!(run.code, Some(130), "{}", run.stderr);
    let report: serde_json::Value = serde_json::from_slice(&syncing.workshop.get("report.json")).unwrap();
    assert_eq!(report["done"]["paintings"]["create"], 20, "{report}");
    let uploads = proxy.count(UPLOAD);
    proxy.heal();
    syncing.run("sync --live").await.succeeds();
    assert_eq!(syncing.site.records(&owner, Medium::Painting).await.len(), 40);
    // None of the twenty was uploaded again.
    assert_eq!(proxy.count(UPLOAD) - uploads, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_writes_what_is_ready() {
    let (mut syncing, owner) = painter(30).await;
    let proxy = std::sync::Arc::new(syncing.pds_proxy());
    proxy.next(UPLOAD, std::iter::repeat_n(None, 12));
    proxy.always(UPLOAD, Fault::Delay(Duration::from_secs(2)));
    let mut running = syncing.start("sync --live --report report.json");
    let seen = proxy.clone();
    let run = tokio::task::spawn_blocking(move || {
        running.wait_until(|| seen.count(UPLOAD) > 14);
        running.signal("INT");
        running.finish()
    });
    let run = run.await.unwrap();
    assert_eq!(run.code, Some(130), "{}", run.stderr);
    let written = syncing.site.records(&owner, Medium::Painting).await.len();
    assert!(written >= 12, "{written}");
    let report: serde_json::Value = serde_json::from_slice(&syncing.workshop.get("report.json")).unwrap();
    assert_eq!(report["done"]["paintings"]["create"], written, "{report}");
    assert!(report["accounts"][0].get("parked").is_none(), "{report}");
    proxy.heal();
    syncing.run("sync --live").await.succeeds();
    assert_eq!(syncing.site.records(&owner, Medium::Painting).await.len(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_the_server_has_forgotten_is_uploaded_again() {
    let forgotten = || Fault::Answer(Answer::xrpc(400, "BlobNotFound", "Could not find blob: bafkrei"));
    for (what, faults, most_uploads) in
        [("it says so", vec![forgotten()], 16), ("it fails", vec![Fault::Answer(Answer::internal_error()); 3], 24)]
    {
        let (mut syncing, owner) = painter(8).await;
        let proxy = syncing.pds_proxy();
        let count = faults.len();
        proxy.next(APPLY, faults.into_iter().map(Some));
        let run = syncing.run("sync --live").await;
        assert_eq!(run.code, Some(0), "{what}: {}", run.stdout());
        assert_eq!(syncing.site.records(&owner, Medium::Painting).await.len(), 8, "{what}");
        assert!(
            proxy.count(APPLY) > count && (9..=most_uploads).contains(&proxy.count(UPLOAD)),
            "{what}: {:?}",
            proxy.lines()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_the_server_never_keeps_costs_its_item_and_no_other() {
    let (mut syncing, owner) = painter(2).await;
    let proxy = syncing.pds_proxy();
    let forgotten = || Some(Fault::Answer(Answer::xrpc(400, "BlobNotFound", "Could not find blob: bafkrei")));
    // Both of them once, then either alone, in whatever order: five times, so that one has three and the other two.
    proxy.next(APPLY, (0..6).map(|_| forgotten()));
    let run = syncing.run("sync --live").await;
    assert_eq!(run.code, Some(1), "{}", run.stdout());
    assert!(run.stdout().contains("failed     1 × com.atproto.repo.applyWrites was refused"), "{}", run.stdout());
    assert_eq!(syncing.site.records(&owner, Medium::Painting).await.len(), 1, "{}", run.stdout());
}
