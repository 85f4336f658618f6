//! Items with an unknown owner, unreachable accounts, and odd times: every command reports them.

use std::collections::BTreeSet;

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, doc};
use serde_json::Value;
use telecine::record::Medium;

use crate::sync::Syncing;

/// What stands in `user`, and what is said of it.
fn odd() -> [(Bson, &'static str); 8] {
    [
        (Bson::Null, "user is null"),
        ("".into(), "user is empty"),
        (7.into(), "user is a number"),
        (Bson::Double(7.5), "user is a number"),
        (ObjectId::new().into(), "user is an ObjectId"),
        (Bson::Array(vec!["auth0|owner".into()]), "user is an array"),
        (doc! { "sub": "auth0|owner" }.into(), "user is a document"),
        (true.into(), "user is not a string"),
    ]
}

/// The ids or labels of items with the reasons why they are blocked.
fn told<'a>(items: impl IntoIterator<Item = &'a Value>, name: &str) -> BTreeSet<(String, String)> {
    let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
    items.into_iter().map(|item| (text(item, name), text(item, "reason"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_that_names_nobody_blocks_the_item_with_its_reason_everywhere() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let owner = site.account("owner").await;
    site.add_mood(&owner, "good").await;
    let mut expected = BTreeSet::new();
    for (user, reason) in odd() {
        let id = site.add(&owner, Medium::Mood, doc! { "user": user, "mood": "whose?" }).await;
        expected.insert((id.to_hex(), reason.to_owned()));
        let published = syncing.run(&format!("publish mood {id}")).await;
        published.fails(1, &format!("error: mood {id}: {reason}"));
    }
    let count = expected.len();
    for command in ["sync --json", "sync --live --json --report report.json", "sync --live --json --report report.json"]
    {
        let run = syncing.run(command).await;
        assert_eq!(run.code, Some(1), "{command}: {}", run.stderr);
        let lines = run.json();
        let (sum, accounts) = lines.split_last().unwrap();
        let moods = &sum["planned"]["moods"];
        assert_eq!(
            (&moods["blocked"], moods["create"].as_u64().zip(moods["skip"].as_u64()).map(|(one, two)| one + two)),
            (&count.into(), Some(1))
        );
        let blocked = accounts.iter().flat_map(|account| account["blocked_items"].as_array().into_iter().flatten());
        assert_eq!(told(blocked, "id"), expected, "{command}");
    }
    assert_eq!(site.records(&owner, Medium::Mood).await.len(), 1);

    let run = syncing.run("compare --all --json").await;
    let lines = run.json();
    let (sum, accounts) = lines.split_last().unwrap();
    let moods = ["items", "identical", "blocked"].map(|name| sum["media"]["moods"][name].as_u64().unwrap());
    assert_eq!((run.code, moods.map(|number| number as usize)), (Some(1), [count + 1, 1, count]));
    let findings = accounts.iter().flat_map(|account| account["findings"].as_array().unwrap());
    assert_eq!(told(findings, "label"), expected);

    let run = syncing.run("status").await;
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stdout().contains(&format!("moods          {}  █░░░░░░░░░ 11 %", count + 1)), "{}", run.stdout());
    let reasons: BTreeSet<_> = odd().into_iter().map(|(_, reason)| reason).collect();
    for reason in &reasons {
        assert!(run.stdout().contains(&format!("1 blocked ({reason})")), "{reason}: {}", run.stdout());
    }
    let run = syncing.run("accounts list --blocked --json").await;
    let listed: BTreeSet<_> =
        run.json().iter().map(|account| account["blocked"].as_str().unwrap().to_owned()).collect();
    assert_eq!((run.code, listed), (Some(1), reasons.iter().map(ToString::to_string).collect()));
    let run = syncing.run("accounts check").await;
    assert_eq!(run.code, Some(1));
    assert!(run.stdout().contains("blocked  nobody: user is null"), "{}", run.stdout());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_item_is_published_whatever_is_wrong_with_others_of_its_owner() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let owner = site.account("owner").await;
    let good = site.add_mood(&owner, "good").await;
    site.add(&owner, Medium::Mood, doc! { "mood": Bson::Null }).await;
    site.add_mood(&owner, &"x".repeat(5_001)).await;
    let run = syncing.run(&format!("publish mood {good}")).await.succeeds();
    assert!(run.stdout().starts_with("at://did:plc:"), "{}", run.stdout());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_anonymous_mood_is_blocked_and_not_overlooked() {
    let syncing = Syncing::new().await;
    let guest = syncing.site.guest().await;
    let id = syncing.site.add_mood(&guest, "who am I?").await;
    syncing.site.add(&guest, Medium::Mood, doc! { "mood": "gone", "deleted": true }).await;
    let run = syncing.run("compare --anonymous --types moods").await;
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let line = format!("? {}/moods/{id}: user is missing", guest.handle);
    assert_eq!(run.stdout().lines().next(), Some(line.as_str()));
    assert!(run.stdout().contains("moods      2          1        0"), "{}", run.stdout());
    let run = syncing.run("sync --live --report report.json").await;
    assert_eq!(run.code, Some(1));
    assert!(run.stdout().contains(&format!("blocked    1 × user is missing: {id}")), "{}", run.stdout());
    assert!(syncing.site.records(&guest, Medium::Mood).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_are_away_are_blocked_and_their_items_are_in_the_sums() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let (here, closed, gone) = (site.account("here").await, site.account("closed").await, site.account("gone").await);
    for owner in [&here, &closed, &gone] {
        site.add_mood(owner, "one").await;
        site.add_mood(owner, "two").await;
    }
    site.deactivate(&closed).await;
    site.take_down(&gone).await;
    let run = syncing.run("sync --live --json --report report.json").await.succeeds();
    let sum = run.json().pop().unwrap();
    assert_eq!([&sum["planned"]["moods"]["create"], &sum["planned"]["moods"]["blocked"]], [2, 4]);
    for command in ["status", "compare --all"] {
        let run = syncing.run(command).await;
        let told = "1 blocked (deactivated on the PDS), 1 blocked (taken down on the PDS)";
        assert!(run.stdout().contains(told), "{command}: {}", run.stdout());
        let sum = syncing.run(&format!("{command} --json")).await.json().pop().unwrap();
        let moods = ["items", "identical", "blocked"].map(|name| &sum["media"]["moods"][name]);
        assert_eq!((moods, &sum["failed"]), ([6, 2, 4].map(Value::from).each_ref(), &0.into()), "{command}");
    }
    let told = format!("? {}: taken down on the PDS; 2 items", gone.handle);
    assert!(syncing.run("compare --all").await.stdout().lines().any(|line| line == told));
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_times_are_warned_of_in_plan_and_comparison_and_taken_for_what_they_are() {
    let syncing = Syncing::new().await;
    let site = &syncing.site;
    let owner = site.account("owner").await;
    let seconds = site.add(&owner, Medium::Mood, doc! { "mood": "seconds", "when": 1_697_586_197 }).await;
    let unread = site.add(&owner, Medium::Mood, doc! { "mood": "unread", "when": "yesterday" }).await;
    site.add_mood(&owner, "right").await;
    let planned = syncing.run("sync").await.succeeds();
    for expected in [
        format!("warning    1 × when is in seconds: {seconds}"),
        format!("warning    1 × when cannot be read: {unread}"),
    ] {
        assert!(planned.stdout().contains(&expected), "{}", planned.stdout());
    }
    let told = syncing.run("sync --json").await.succeeds().json().remove(0)["warnings"].clone();
    assert!(told.to_string().contains("1697586197 is read as 2023-10-17T23:43:17Z"), "{told}");

    syncing.run("sync --live").await.succeeds();
    let records = site.records(&owner, Medium::Mood).await;
    let record = records.iter().find(|record| record.value["ref"] == seconds.to_hex()).unwrap();
    assert_eq!(record.value["when"], "2023-10-17T23:43:17.000Z");
    let compared = syncing.run("compare owner").await.succeeds();
    let mut lines: Vec<_> = compared.stderr.lines().collect();
    lines.sort_unstable();
    let account = &owner.handle;
    let made = jiff::Timestamp::from_second(unread.timestamp().timestamp_millis() / 1000).unwrap();
    let mut expected = [
        format!("warning: {account}/moods/{unread}: when cannot be read; \"yesterday\" is read as {made}, from its id"),
        format!("warning: {account}/moods/{seconds}: when is in seconds; 1697586197 is read as 2023-10-17T23:43:17Z"),
    ];
    expected.sort();
    assert_eq!(lines, expected);
    assert_eq!(syncing.run("sync --live").await.code, Some(3));
}
