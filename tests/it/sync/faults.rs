//! Servers that are slow, broken or lying: the run slows down or repairs, and the end state is right.

use std::time::{Duration, Instant};

use mongodb::bson::doc;
use telecine::record::Medium;

use super::Syncing;
use crate::stack::proxy::{Answer, Fault};
use crate::support::picture::Picture;

const APPLY: &str = "com.atproto.repo.applyWrites";

/// Each of these, once for every method that a sync uses.
fn faults() -> [(&'static str, Fault); 8] {
    [
        ("delay", Fault::Delay(Duration::from_millis(500))),
        ("drop before", Fault::DropBefore),
        ("drop after", Fault::DropAfter),
        ("500 after", Fault::AnswerAfter(Answer::internal_error())),
        ("502", Fault::Answer(Answer::bad_gateway())),
        ("504 after", Fault::AnswerAfter(Answer::gateway_timeout())),
        ("429", Fault::Answer(Answer::rate_limited(Duration::from_secs(1)))),
        ("expired token", Fault::Answer(Answer::expired_token())),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_every_method_is_survived() {
    let undisturbed = Syncing::undisturbed().await;
    for method in ["createSession", "getRepo", "uploadBlob", "applyWrites"] {
        for (name, fault) in faults() {
            if name == "expired token" && matches!(method, "createSession" | "getRepo") {
                continue;
            }
            let mut syncing = Syncing::new().await;
            let owner = syncing.site.account("unlucky").await;
            syncing.fill(&owner).await;
            let proxy = syncing.pds_proxy();
            proxy.once(method, fault);
            let run = syncing.run("sync --live").await;
            assert_eq!(run.code, Some(0), "{name} of {method}: {}{}", run.stdout(), run.stderr);
            assert_eq!(syncing.state(&owner).await, undisturbed, "{name} of {method}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_writer_makes_the_run_plan_again() {
    let undisturbed = Syncing::undisturbed().await;
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("unlucky").await;
    syncing.fill(&owner).await;
    let proxy = syncing.pds_proxy();
    proxy.next(APPLY, [None, Some(Fault::Answer(Answer::invalid_swap()))]);
    syncing.run("sync --live").await.succeeds();
    assert_eq!(syncing.state(&owner).await, undisturbed);
    // A plan, a check whether the other one wrote elsewhere, which it did not, and the next plan.
    assert_eq!(proxy.count("getRepo"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_limits_is_waited_for() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("patient").await;
    syncing.site.add_mood(&owner, "hello").await;
    let proxy = syncing.pds_proxy();
    proxy.once(APPLY, Fault::Answer(Answer::rate_limited(Duration::from_secs(2))));
    let started = Instant::now();
    syncing.run("sync --live").await.succeeds();
    assert!(started.elapsed() > Duration::from_secs(2));
    assert_eq!(proxy.count(APPLY), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_short_bodies_gets_short_ones() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("wordy").await;
    for number in 0..30 {
        syncing.site.add_kidlisp(&owner, &format!("k{number}"), &format!("{number} {}", "x".repeat(2_000))).await;
    }
    let proxy = syncing.pds_proxy();
    proxy.next(APPLY, [Some(Fault::Answer(Answer::too_large())), Some(Fault::Answer(Answer::too_large()))]);
    syncing.run("sync --live").await.succeeds();
    assert_eq!(syncing.site.records(&owner, Medium::Kidlisp).await.len(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_spaces_cannot_give_is_told_by_cause_and_stops_nothing_else() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("painter").await;
    for number in 0..5 {
        let picture = Picture::numbered(32, 32, number);
        syncing.site.add_painting(&owner, &format!("p{number}"), &picture).await;
    }
    syncing.site.add(&owner, Medium::Painting, doc! { "code": "gone", "slug": "never-there" }).await;
    syncing.site.put(syncing.site.user_bucket(), &format!("{}/html.png", owner.sub), "<html>").await;
    syncing.site.add(&owner, Medium::Painting, doc! { "code": "html", "slug": "html" }).await;
    let proxy = syncing.spaces_proxy();
    proxy.always("painting-p0.png", Fault::Answer(Answer::access_denied()));
    proxy.always("painting-p1.png", Fault::Answer(Answer::no_such_key()));
    proxy.once("painting-p2.png", Fault::Truncate(40));
    proxy.always("painting-p3.png", Fault::Shorten(40));

    let run = syncing.run("sync --live --paintings-only --json --report report.json").await;
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let report: serde_json::Value = serde_json::from_slice(&syncing.workshop.get("report.json")).unwrap();
    let parked = report["accounts"][0]["parked"].as_array().unwrap();
    let mut labels: Vec<_> = parked.iter().map(|parked| parked["label"].as_str().unwrap()).collect();
    labels.sort_unstable();
    assert_eq!(labels, ["gone", "html", "p0", "p1", "p3"]);
    assert_eq!(syncing.site.records(&owner, Medium::Painting).await.len(), 2);

    proxy.heal();
    assert_eq!(syncing.run("sync --live --paintings-only").await.code, Some(1));
    assert_eq!(syncing.site.records(&owner, Medium::Painting).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn mongodb_may_change_its_primary() {
    let undisturbed = Syncing::undisturbed().await;
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("calm").await;
    syncing.fill(&owner).await;
    // Not the primary any more: what a client hears while another one is elected. Only this client hears it.
    let url = format!("{}&appName={}", syncing.site.environment()["MONGODB_CONNECTION_STRING"], owner.did());
    let data = doc! { "failCommands": ["update", "find", "aggregate"], "errorCode": 10_107, "appName": owner.did() };
    let fail = doc! { "configureFailPoint": "failCommand", "mode": { "times": 4 }, "data": data };
    let client = mongodb::Client::with_uri_str(&url).await.unwrap();
    syncing.detours.push(("MONGODB_CONNECTION_STRING", url));
    client.database("admin").run_command(fail).await.unwrap();
    syncing.run("sync --live").await.succeeds();
    assert_eq!(syncing.state(&owner).await, undisturbed);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_ever_printed() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("discreet").await;
    syncing.fill(&owner).await;
    let proxy = syncing.pds_proxy();
    proxy.once(APPLY, Fault::AnswerAfter(Answer::internal_error()));
    let mut command = syncing.command("sync --live");
    command.env("TELECINE_LOG", "trace");
    let run = tokio::task::spawn_blocking(move || crate::support::command::run(&mut command)).await.unwrap().succeeds();
    assert!(run.stderr.contains("applyWrites"), "{}", run.stderr);
    let secret = &syncing.site.environment()["ART_SPACES_SECRET"];
    for secret in [crate::stack::site::PASSWORD, secret, "eyJ", "Bearer"] {
        assert!(!run.stderr.contains(secret) && !run.stdout().contains(secret), "{secret}");
    }
}
