//! A sync that is killed, wherever it was, and run again comes to the same as one that was not.

use super::{FOREVER, Syncing};
use crate::stack::proxy::Fault;

const APPLY: &str = "com.atproto.repo.applyWrites";
const UPLOAD: &str = "com.atproto.repo.uploadBlob";

/// Kills the program when the `nth` request of that method has met the fault, runs it again, and compares.
async fn killed_at(method: &'static str, nth: usize, fault: Fault) {
    let undisturbed = Syncing::undisturbed().await;
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("unlucky").await;
    syncing.fill(&owner).await;
    let proxy = syncing.pds_proxy();
    syncing.kill_at("sync --live", proxy, method, nth, fault).await;

    syncing.detours.clear();
    syncing.run("sync --live").await.succeeds();
    assert_eq!(syncing.state(&owner).await, undisturbed);
    assert_eq!(syncing.run("sync --live").await.code, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn before_a_blob_is_uploaded() {
    killed_at(UPLOAD, 1, Fault::Delay(FOREVER)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_blobs_and_before_their_record() {
    killed_at(APPLY, 5, Fault::Delay(FOREVER)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_records_and_before_mongodb_knows() {
    killed_at(APPLY, 1, Fault::Hold(FOREVER)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn between_two_batches() {
    killed_at(APPLY, 2, Fault::Delay(FOREVER)).await;
}
