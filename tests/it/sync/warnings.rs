//! Tapes with flaws are published, and the operator learns of it.

use serde_json::json;
use telecine::record::Medium;

use super::Syncing;
use crate::support::picture::Picture;
use crate::support::tape::TapeBuilder;

/// A tape whose last frame is cut short.
fn flawed() -> TapeBuilder {
    let mut files: Vec<_> = (0..4).map(|index| Picture::numbered(48, 32, index).png()).collect();
    let length = files[3].len();
    files[3].truncate(length - 40);
    TapeBuilder::of_files(files, 40.0)
}

const WARNING: &str =
    "frame-00003.png cannot be decoded (unexpected end of file); a neighbouring frame is shown instead";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_odd_about_published_tapes_is_in_the_report_and_in_the_status() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let owner = site.account("maker").await;
    site.add_tape(&owner, "bad", &flawed()).await;
    site.add_tape(&owner, "fine", &TapeBuilder::numbered(48, 32, 4)).await;

    let strict = syncing.run("sync --live --tapes-only --strict --report strict.json").await;
    assert_eq!(strict.code, Some(1), "{}", strict.stderr);
    assert!(
        strict.stdout().contains("failed     1 × frame-00003.png is not a readable picture: bad"),
        "{}",
        strict.stdout()
    );
    assert_eq!(site.records(&owner, Medium::Tape).await.len(), 1);

    let run = syncing.run("sync --live --tapes-only --report report.json").await.succeeds();
    assert!(run.stdout().contains(&format!("warning    1 × {WARNING}: bad")), "{}", run.stdout());
    let report: serde_json::Value = serde_json::from_slice(&syncing.workshop.get("report.json")).unwrap();
    let expected = json!([{ "code": "bad", "warnings": [WARNING] }]);
    assert_eq!(report["accounts"][0]["warned"], expected);
    assert_eq!(site.records(&owner, Medium::Tape).await.len(), 2);

    // The next run knows of it too, although it makes nothing.
    assert_eq!(syncing.run("sync --live --tapes-only").await.code, Some(3));
    let status = syncing.run("status --json").await.succeeds();
    assert_eq!(status.json()[0]["warned"], json!({ site.handle("maker"): expected }));
    let text = syncing.run("status").await.succeeds();
    assert!(text.stdout().contains("warnings   1 tape was published"), "{}", text.stdout());

    // With another preset, and strictly, the old video stays.
    let strict = syncing.run("reencode --preset swift --code bad --live --yes --strict --report again.json").await;
    assert_eq!(strict.code, Some(1), "{}", strict.stderr);
    let run = syncing.run("reencode --preset swift --code bad --live --yes --report again.json").await.succeeds();
    assert!(run.stdout().contains(&format!("warning    1 × {WARNING}: bad")), "{}", run.stdout());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_item_is_published_with_its_warning_or_strictly_not_at_all() {
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("maker").await;
    syncing.site.add_tape(&owner, "bad", &flawed()).await;
    let strict = syncing.run("publish tape bad --strict").await;
    assert_eq!(strict.code, Some(1), "{}", strict.stderr);
    assert!(syncing.site.records(&owner, Medium::Tape).await.is_empty());
    let run = syncing.run("publish tape bad").await.succeeds();
    assert_eq!(run.stderr, format!("warning: tape bad: {WARNING}\n"));
}
