//! The rules for Prometheus: promtool takes them, each alert fires when it should, names what is exported, and is explained.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use regex::Regex;
use serde_json::json;

use super::watch::{Scene, TOKEN};
use super::{Serving, eventually};
use crate::stack::http;
use crate::stack::proxy::{Answer, Fault, Proxy};
use crate::stack::site::Site;
use crate::support::command::exists;

const RULES: &str = include_str!("../../../packaging/alerts.yml");
const OPERATIONS: &str = include_str!("../../../docs/operations.md");

/// promtool, as `scripts/setup --test` has fetched it, or as the system has it.
fn promtool() -> Command {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let own = target.join("tools/bin/promtool");
    let program = if exists(&own) { own } else { PathBuf::from("promtool") };
    let mut command = Command::new(program);
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn promtool_says(arguments: &[&str]) -> String {
    let said = promtool().args(arguments).output().expect("scripts/setup --test fetches promtool");
    let text = String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{text}");
    text
}

fn found<'a>(pattern: &str, text: &'a str) -> Vec<&'a str> {
    let pattern = Regex::new(pattern).unwrap();
    pattern.captures_iter(text).map(|found| found.get(1).unwrap().as_str()).collect()
}

#[test]
fn promtool_takes_the_rules_and_every_alert_fires_when_it_should_and_not_before() {
    let alerts = found(r"- alert: (\w+)", RULES);
    let checked = promtool_says(&["check", "rules", "packaging/alerts.yml"]);
    assert!(checked.contains(&format!("{} rules found", alerts.len())), "{checked}");
    promtool_says(&["test", "rules", "tests/alerts.yml"]);
    let tested = include_str!("../../alerts.yml");
    let untested: Vec<_> = alerts.iter().filter(|alert| !tested.contains(**alert)).collect();
    assert!(untested.is_empty(), "{untested:?}");
}

#[test]
fn every_alert_leads_to_its_section_and_every_section_is_of_an_alert() {
    let alerts = found(r"- alert: (\w+)", RULES);
    assert_eq!(found(r"(?m)^### (Telecine\w+)$", OPERATIONS), alerts);
    let runbooks: Vec<_> = alerts.iter().map(|alert| alert.to_ascii_lowercase()).collect();
    assert_eq!(found(r"runbook: docs/operations\.md#(\w+)", RULES), runbooks);
}

/// The names of all series in a text of metrics.
fn exported(text: &str) -> BTreeSet<&str> {
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples.filter_map(|line| line.split(['{', ' ']).next()).collect()
}

async fn metrics(oven: &Serving) -> String {
    http().get(oven.url("/metrics")).bearer_auth(TOKEN).send().await.unwrap().text().await.unwrap()
}

/// A PDS that limits its rate.
fn limiting(site: &Site) -> Proxy {
    let proxy = Proxy::of(&site.environment()["PDS_URL"]);
    let reset = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap() + Duration::from_mins(5);
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("ratelimit-limit", "3000".into()),
        ("ratelimit-remaining", "1200".into()),
        ("ratelimit-reset", reset.as_secs().to_string()),
        ("ratelimit-policy", "3000;w=300".into()),
    ];
    let body = json!({ "did": "did:web:localhost", "availableUserDomains": [".test"] }).to_string();
    proxy.once("describeServer", Fault::Answer(Answer { status: 200, headers, body }));
    proxy
}

#[tokio::test(flavor = "multi_thread")]
async fn what_alerts_and_the_page_of_operations_name_is_exported() {
    let site = Site::new().await;
    let proxy = limiting(&site);
    let oven = Serving::start(&site, &[("TELECINE_ADMIN_TOKEN", TOKEN), ("PDS_URL", proxy.url())]);
    let owner = site.account("maker").await;
    site.add_mood(&owner, "ahoj").await;
    let pattern = r"\b((?:telecine|process)_[a-z_]+)";
    let named: BTreeSet<_> =
        found(pattern, RULES).into_iter().chain(found(&format!("`{pattern}"), OPERATIONS)).collect();
    assert!(named.len() > 15, "{named:?}");
    eventually("all metrics", async || {
        let text = metrics(&oven).await;
        let exported = exported(&text);
        let is_there = |name: &str| exported.contains(name) || exported.contains(format!("{name}_count").as_str());
        let missing: Vec<_> = named.iter().filter(|name| !is_there(name)).collect();
        if missing.is_empty() {
            Some(())
        } else {
            println!("missing {missing:?}");
            None
        }
    })
    .await;
    let text = metrics(&oven).await;
    for line in [
        "telecine_mongodb_up 1",
        "telecine_stream_readers 1.0",
        "telecine_http_requests_total{route=\"/metrics\",status=\"200\"}",
        "telecine_http_requests_total{route=\"/bake\",status=\"500\"} 0",
        "telecine_changes_total{collection=\"moods\",operation=\"insert\"} 1",
        "telecine_pds_budget_remaining{kind=\"requests\"}",
        "telecine_pds_requests_total{kind=\"requests\",status=\"200\"} ",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let value = |name: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}\n{text}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert!(
        value("telecine_stream_lag_seconds") < 60.0 && value("telecine_stream_position_age_seconds") < 60.0,
        "{text}"
    );
    assert!((0.1..0.5).contains(&value("telecine_pds_budget_share{kind=\"requests\"}")), "{text}");
    assert!((1e6..4e9).contains(&value("process_resident_memory_bytes")), "{text}");
    assert!(value("telecine_scratch_free_bytes") > 0.0 && value("process_open_fds") > 3.0, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_are_labels_and_what_strangers_write_is_not() {
    let scene = Scene::new().await;
    let id = scene.id("good").await;
    for (path, status) in
        [(format!("/api/jobs/{id}"), 200), ("/secret-place".into(), 404), ("/media/tapes/never".into(), 404)]
    {
        assert_eq!(scene.oven.get(&path).await.0.as_u16(), status, "{path}");
    }
    let text = metrics(&scene.oven).await;
    for line in [
        "telecine_http_requests_total{route=\"/api/jobs/{id}\",status=\"200\"} 1",
        "telecine_http_requests_total{route=\"none\",status=\"404\"} 1",
        "telecine_http_requests_total{route=\"/media/tapes/{name}\",status=\"404\"} 1",
        "telecine_attempts_total{kind=\"callback\",state=\"done\",cause=\"\"} 2",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("secret-place") && !text.contains(&id), "{text}");
}
