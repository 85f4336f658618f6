//! Two syncs of one account at once, and other writers beside them.

use serde_json::json;
use telecine::record::Medium;

use super::Syncing;

#[tokio::test(flavor = "multi_thread")]
async fn two_syncs_at_once_write_nothing_twice() {
    let undisturbed = Syncing::undisturbed().await;
    let syncing = Syncing::new().await;
    let owner = syncing.site.account("popular").await;
    syncing.fill(&owner).await;
    let (one, other) = tokio::join!(syncing.run("sync --live"), syncing.run("sync live"));
    // The slower one may find nothing left to do.
    for run in [one, other] {
        assert!(matches!(run.code, Some(0 | 3)), "{}", run.stderr);
    }
    assert_eq!(syncing.state(&owner).await, undisturbed);
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicates_go_legacy_records_stay_where_they_are_and_orphans_are_only_reported() {
    let syncing = Syncing::new().await;
    let (site, pds) = (&syncing.site, syncing.site.pds());
    let owner = site.account("veteran").await;
    let [old, double] = [site.add_mood(&owner, "old").await, site.add_mood(&owner, "double").await];
    let collection = Medium::Mood.collection();
    let record = |text: &str, field: &str, id: String| json!({ "$type": collection, "mood": text, "when": "2023-11-14T22:13:20.000Z", field: id });
    let put = async |rkey: &str, value| pds.put_record(&owner.session, collection, rkey, &value).await;
    put("3kaaaaaaaaa2a", record("old", "mongoId", old.to_hex())).await;
    put("3kbbbbbbbbb2b", record("double", "ref", double.to_hex())).await;
    put("3kccccccccc2c", record("double", "ref", double.to_hex())).await;
    put("3kddddddddd2d", record("gone", "ref", "0123456789abcdef01234567".into())).await;

    syncing.run("sync --live --moods-only").await.succeeds();
    let records = site.records(&owner, Medium::Mood).await;
    let found: Vec<_> =
        records.iter().map(|record| (record.rkey.as_str(), record.value["ref"].as_str().unwrap().to_owned())).collect();
    let expected = [
        ("3kaaaaaaaaa2a", old.to_hex()),
        ("3kbbbbbbbbb2b", double.to_hex()),
        ("3kddddddddd2d", "0123456789abcdef01234567".into()),
    ];
    assert_eq!(found, expected);
    let known = site.item(Medium::Mood, double).await;
    assert_eq!(known.get_document("atproto").unwrap().get_str("rkey").unwrap(), "3kbbbbbbbbb2b");
    let again = syncing.run("sync --moods-only --json").await;
    assert_eq!(again.code, Some(3));
    assert_eq!(again.json().pop().unwrap()["planned"]["moods"]["orphan"], 1);
}
