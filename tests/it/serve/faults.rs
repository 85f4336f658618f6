//! Servers fail, disks are full and clocks are wrong under load, and whatever was accepted or seen is done in the end, once.

use std::time::Duration;

use mongodb::bson::doc;
use reqwest::StatusCode;
use serde_json::Value;

use super::load::Load;
use super::{AT_ONCE, Serving, eventually};
use crate::stack::proxy::{Answer, Fault, Proxy};
use crate::stack::site::Site;
use crate::stack::{Server, Stack, http, stack};

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_steps_down_refuses_no_bake_and_loses_nothing() {
    let stack = Stack::start(&[]);
    let mut load = Load::on(Site::on(&stack).await).await;
    let oven = Serving::start(&load.site, &[AT_ONCE]);
    for _ in 0..3 {
        tokio::join!(load.add(&oven), stack.step_down());
        load.add(&oven).await;
    }
    load.is_done_once().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_killed_makes_the_service_unready_and_loses_nothing() {
    let stack = Stack::start(&[]);
    let mut load = Load::on(Site::on(&stack).await).await;
    let oven = Serving::start(&load.site, &[AT_ONCE]);
    load.add(&oven).await;
    stack.kill(Server::Mongod);
    let get = async |path: &str| http().get(oven.url(path)).send().await.unwrap().status();
    eventually("not ready", async || (get("/ready").await == StatusCode::SERVICE_UNAVAILABLE).then_some(())).await;
    assert_eq!(get("/health").await, StatusCode::OK);
    stack.restart(Server::Mongod);
    eventually("ready", async || (get("/ready").await == StatusCode::OK).then_some(())).await;
    load.add(&oven).await;
    load.is_done_once().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pds_that_is_away_keeps_records_waiting_and_nothing_else() {
    let stack = Stack::start(&[]);
    let mut load = Load::on(Site::on(&stack).await).await;
    let oven = Serving::start(&load.site, &[AT_ONCE, ("TELECINE_PUBLISH", "telecine")]);
    load.add(&oven).await;
    stack.stop(Server::Pds);
    load.add(&oven).await;
    load.waits_because_of("mirror", "pds.unavailable").await;
    assert_eq!(http().get(oven.url("/ready")).send().await.unwrap().status(), StatusCode::OK);
    let told = async || (load.receiver.received().codes().len() == 2).then_some(());
    eventually("the callbacks of both tapes", told).await;
    stack.restart(Server::Pds);
    load.is_done_once().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_fetched_or_stored_for_a_while_are_so_later() {
    let proxy = Proxy::of(&stack().environment()["ART_SPACES_ENDPOINT"]);
    let mut load = Load::on(Site::behind(stack(), &proxy).await).await;
    let oven = Serving::start(&load.site, &[AT_ONCE]);
    let busy = || Fault::Answer(Answer::s3(503, "SlowDown"));
    for (method, bucket) in [("GET", load.site.user_bucket()), ("PUT", load.site.bucket_of("at-blobs"))] {
        proxy.always(&format!("{method} /{bucket}"), busy());
    }
    load.add(&oven).await;
    load.waits_because_of("bake", "fetch.unavailable").await;
    let count = |line: &str| proxy.count(line);
    assert_eq!(count(&format!("PUT /{}/tapes", load.site.bucket_of("at-blobs"))), 0);
    proxy.forget(&format!("GET /{}", load.site.user_bucket()));
    load.hurry().await;
    eventually("an upload that is declined", async || {
        (count(&format!("PUT /{}/tapes", load.site.bucket_of("at-blobs"))) > 0).then_some(())
    })
    .await;
    load.waits_because_of("bake", "fetch.not-stored").await;
    proxy.heal();
    load.hurry().await;
    load.is_done_once().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_the_database_has_forgotten_makes_a_plan_that_finds_what_was_missed() {
    let mut load = Load::on(Site::new().await).await;
    // By this name, mongod knows whose requests are to fail.
    let name = load.site.database().name().to_owned();
    let address = &load.site.environment()["MONGODB_CONNECTION_STRING"];
    let address = format!("{address}{}appName={name}", if address.contains('?') { '&' } else { '?' });
    let oven = Serving::start(&load.site, &[("MONGODB_CONNECTION_STRING", &address), AT_ONCE]);
    load.add(&oven).await;
    load.is_done_once().await;
    let lost = doc! {
        "failCommands": ["getMore"], "errorCode": 286, "errorLabels": ["NonResumableChangeStreamError"], "appName": name,
    };
    let fail = doc! { "configureFailPoint": "failCommand", "mode": { "times": 1 }, "data": lost };
    load.site.database().client().database("admin").run_command(fail).await.unwrap();
    eventually("a position that is forgotten", async || {
        oven.log().contains("has lost the position in the change stream").then_some(())
    })
    .await;
    // No process reads now.
    load.add_unseen().await;
    load.is_done_once().await;
    load.add(&oven).await;
    load.is_done_once().await;
    let planned = load.jobs().find_one(doc! { "work.kind": "plan" }).await.unwrap().unwrap();
    assert!(planned.get_array("history").unwrap().len() > 1, "{planned}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_and_forth_decides_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let offset = folder.path().join("offset");
    std::fs::write(&offset, "+0").unwrap();
    let library = format!("/usr/lib/{}-linux-gnu/faketime/libfaketimeMT.so.1", std::env::consts::ARCH);
    assert!(std::path::Path::new(&library).exists(), "libfaketime is not installed; see scripts/setup");
    let mut load = Load::on(Site::new().await).await;
    let settings = [
        ("LD_PRELOAD", library.as_str()),
        ("FAKETIME_TIMESTAMP_FILE", offset.to_str().unwrap()),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        AT_ONCE,
    ];
    let oven = Serving::start(&load.site, &settings);
    let set = async |change: &str, minutes: i64| {
        std::fs::write(&offset, change).unwrap();
        let health: Value = oven.get("/health").await.1;
        let told: jiff::Timestamp = health["timestamp"].as_str().unwrap().parse().unwrap();
        let off = told.duration_since(jiff::Timestamp::now()) - jiff::SignedDuration::from_mins(minutes);
        assert!(off.abs() < jiff::SignedDuration::from_mins(2), "the clock is not where it was set: {health}");
    };
    load.add(&oven).await;
    load.is_done_once().await;
    set("-10m", -10).await;
    load.add(&oven).await;
    load.is_done_once().await;
    // Spaces takes no signature that is off by more than a quarter of an hour; files wait until the clock is right.
    for (change, minutes) in [("-2h", -120), ("+49h", 2_940)] {
        set(change, minutes).await;
        load.add(&oven).await;
        load.waits_because_of("bake", "fetch.not-stored").await;
        set("+0", 0).await;
        load.hurry().await;
        load.is_done_once().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_keeps_tapes_waiting_until_there_is_room() {
    let mut load = Load::on(Site::new().await).await;
    let oven = Serving::on_full_disk(&load.site, &[AT_ONCE]);
    load.add(&oven).await;
    load.waits_because_of("bake", "disk.scratch").await;
    oven.make_room();
    load.hurry().await;
    load.is_done_once().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_away_for_an_hour_is_told_when_it_is_back() {
    let mut load = Load::on(Site::new().await).await;
    let receiver = load.receiver.callback_url().strip_suffix("/api/oven-complete").unwrap().to_owned();
    let away = Proxy::of(&receiver);
    away.always("POST", Fault::DropBefore);
    // Records are the site's to make.
    let oven = Serving::start(&load.site, &[("TELECINE_SETTLE", "3600s")]);
    load.add_to(&oven, &format!("{}/api/oven-complete", away.url())).await;
    let mut passed = Duration::ZERO;
    let mut attempts = 0;
    // The hour is that of the pauses; each is cut short once it is known.
    while passed < Duration::from_hours(1) {
        let again = doc! { "work.kind": "callback", "state": "waiting", "attempt": { "$gt": attempts } };
        let job = eventually("another attempt", async || load.jobs().find_one(again.clone()).await.unwrap()).await;
        assert_eq!(job.get_document("failure").unwrap().get_str("code").unwrap(), "receiver.no-response");
        attempts = job.get_i32("attempt").map(i64::from).or_else(|_| job.get_i64("attempt")).unwrap();
        let pause = job.get_i64("due").unwrap() - job.get_i64("changed").unwrap();
        passed += Duration::from_millis(pause.unsigned_abs());
        load.hurry().await;
    }
    assert!(load.receiver.received().bodies.is_empty());
    away.heal();
    load.hurry().await;
    load.is_done_once().await;
    load.receiver.has_made(1).await;
}
