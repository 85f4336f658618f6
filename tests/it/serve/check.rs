//! `telecine serve --check`: each need of the service is checked on its own, and nothing is changed.

use std::net::TcpListener;

use mongodb::bson::doc;
use serde_json::Value;

use super::fake_site::FakeSite;
use super::{Serving, database};
use crate::stack::site::Site;
use crate::support::command::{Run, Workshop, run};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const SECRET: &str = "0123456789abcdef";

/// What the service needs besides what a sync needs, in its order.
const ORDER: [&str; 11] = [
    "service settings",
    "CALLBACK_SECRET",
    "TELECINE_ADMIN_TOKEN",
    "storing videos",
    "TELECINE_ALLOW_LOOPBACK",
    "change stream",
    "oplog",
    "stream position",
    "service database",
    "queue",
    "listen address",
];

/// Runs the check of a service whose receiver is that one, with further settings.
async fn check(site: &Site, receiver: &FakeSite, settings: &[(&str, &str)]) -> Run {
    let workshop = Workshop::new();
    let mut command = workshop.telecine("serve --check --json");
    command.envs(site.environment()).env("TELECINE_DATABASE", database(site));
    command.env("TELECINE_LISTEN", "127.0.0.1:0").env("TELECINE_ALLOW_LOOPBACK", "yes");
    command.env("CALLBACK_SECRET", SECRET).env("TELECINE_ADMIN_TOKEN", TOKEN);
    command.env("TELECINE_CALLBACK_URL", receiver.callback_url()).envs(settings.iter().copied());
    let run = tokio::task::spawn_blocking(move || run(&mut command)).await.unwrap();
    drop(workshop);
    run
}

fn finding(run: &Run, what: &str) -> Value {
    let findings = run.json();
    findings.iter().find(|found| found["what"] == what).cloned().unwrap_or_else(|| panic!("{what}: {findings:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_would_work_is_told_so_and_nothing_is_changed() {
    let site = Site::new().await;
    site.guest().await;
    let receiver = FakeSite::new(&site).await;
    let checked = check(&site, &receiver, &[]).await;
    let findings = checked.json();
    let own: Vec<_> =
        findings.iter().map(|found| found["what"].as_str().unwrap()).skip_while(|what| *what != ORDER[0]).collect();
    assert_eq!(own, [ORDER.as_slice(), &["callback"]].concat());
    for what in ORDER.iter().chain(&["callback"]) {
        let level = finding(&checked, what)["level"].clone();
        // The stack has not run for a day, and callbacks go to this machine.
        let expected = if ["oplog", "TELECINE_ALLOW_LOOPBACK"].contains(what) { "warn" } else { "ok" };
        assert_eq!(level, expected, "{what}: {}", checked.stdout());
    }
    assert!(finding(&checked, "stream position")["detail"].as_str().unwrap().starts_with("none yet"));
    assert!(receiver.received().bodies.is_empty());
    let names = site.database().client().list_database_names().await.unwrap();
    assert!(!names.contains(&database(&site)), "{names:?}");
    for secret in [SECRET, TOKEN] {
        assert!(!checked.stdout().contains(secret));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_thing_that_is_broken_is_found_by_itself() {
    let site = Site::new().await;
    site.guest().await;
    let receiver = FakeSite::new(&site).await;
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let (held, nowhere) = (other.local_addr().unwrap().to_string(), receiver.callback_url().replace("/api/", "/none/"));
    let site_database = site.database();
    let roles = vec![doc! { "role": "readWrite", "db": site_database.name() }];
    site_database.run_command(doc! { "createUser": "narrow", "pwd": "hunter2", "roles": roles }).await.unwrap();
    let narrow = site.environment()["MONGODB_CONNECTION_STRING"].replace("mongodb://", "mongodb://narrow:hunter2@");
    let narrow = format!("{narrow}&authSource={}", site_database.name());
    for (settings, what, level, detail) in [
        ([("CALLBACK_SECRET", "")], "CALLBACK_SECRET", "fail", "not set, so /bake refuses all requests"),
        ([("CALLBACK_SECRET", "short")], "CALLBACK_SECRET", "warn", "has fewer than 16 characters"),
        ([("TELECINE_ADMIN_TOKEN", "")], "TELECINE_ADMIN_TOKEN", "warn", "not set, so nobody can retry jobs"),
        ([("TELECINE_ADMIN_TOKEN", "short")], "TELECINE_ADMIN_TOKEN", "warn", "has fewer than 32 characters"),
        ([("ART_SPACES_KEY", "")], "storing videos", "fail", "ART_SPACES_KEY is not set"),
        ([("TELECINE_SETTLE", "long")], "service settings", "fail", "TELECINE_SETTLE is \"long\"; expected"),
        ([("TELECINE_LISTEN", held.as_str())], "listen address", "fail", "is in use by another program"),
        ([("TELECINE_LISTEN", "192.0.2.1:80")], "listen address", "fail", "192.0.2.1:80: "),
        ([("TELECINE_QUEUE", "nats://127.0.0.1:9")], "queue", "fail", "NATS could not report on JetStream"),
        ([("TELECINE_QUEUE", "nats://[")], "queue", "fail", "TELECINE_QUEUE is not an address such as"),
        ([("TELECINE_CALLBACK_URL", nowhere.as_str())], "callback", "fail", "returns 404"),
        ([("TELECINE_CALLBACK_URL", "http://127.0.0.1:9/x")], "callback", "fail", "gave no response"),
        ([("TELECINE_CALLBACK_URL", "https://evil.example/x")], "callback", "fail", "is not an address to send to"),
        ([("MONGODB_CONNECTION_STRING", narrow.as_str())], "service database", "fail", "is not writable"),
    ] {
        let checked = check(&site, &receiver, &settings).await;
        let found = finding(&checked, what);
        assert_eq!(found["level"], level, "{settings:?}: {found}");
        assert!(found["detail"].as_str().unwrap().contains(detail), "{settings:?}: {found}");
        assert!(found["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{settings:?}: {found}");
        assert_eq!(checked.code, Some(i32::from(level == "fail")), "{settings:?}: {}", checked.stdout());
        assert!(!checked.stdout().contains("hunter2"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_leaves_the_rest_to_be_looked_at() {
    let site = Site::new().await;
    let receiver = FakeSite::new(&site).await;
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = format!("mongodb://{nobody}/?serverSelectionTimeoutMS=500");
    let checked = check(&site, &receiver, &[("MONGODB_CONNECTION_STRING", &gone)]).await;
    assert_eq!(checked.code, Some(1));
    for what in ["change stream", "oplog", "stream position", "service database"] {
        assert_eq!(finding(&checked, what)["level"], "skip", "{what}");
    }
    assert_eq!(finding(&checked, "callback")["level"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_runs_is_recognized() {
    let site = Site::new().await;
    site.guest().await;
    let receiver = FakeSite::new(&site).await;
    let oven = Serving::start(&site, &[]);
    let address = oven.url("").replace("http://", "");
    super::eventually("a position", async || {
        let checked = check(&site, &receiver, &[("TELECINE_LISTEN", &address)]).await;
        assert_eq!(finding(&checked, "listen address")["detail"], format!("{address} is in use by a running telecine"));
        let position = finding(&checked, "stream position");
        position["detail"].as_str().unwrap().ends_with(" reads now").then_some(())
    })
    .await;
}

#[test]
fn json_is_for_the_check_alone() {
    assert_eq!(Workshop::new().run("serve --json").code, Some(2));
}
