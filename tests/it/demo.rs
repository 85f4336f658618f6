//! `scripts/demo` as in a fresh clone of the repository: all addresses that it prints lead somewhere, and Ctrl-C leaves
//! nothing behind.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::stack::http;

/// The last line that it prints before it waits.
const WAITS: &str = "Ctrl-C stops everything.";

#[tokio::test(flavor = "multi_thread")]
async fn a_tour_leads_from_a_fresh_clone_to_a_running_whole_and_leaves_nothing_behind() {
    let mut demo = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/demo"));
    let mut demo = demo.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(demo.stdout.take().unwrap()).lines().map_while(Result::ok);
    let told: Vec<_> = lines.take_while(|line| line != WAITS).collect();
    let addresses: BTreeMap<_, _> = told
        .iter()
        .filter_map(|line| line.split_once(" http").map(|(name, rest)| (name.trim(), format!("http{rest}"))))
        .collect();
    let get = async |name: &str| {
        let response = http().get(addresses.get(name).unwrap_or_else(|| panic!("{name} is not in {told:#?}")));
        let response = response.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{name}");
        response.bytes().await.unwrap()
    };
    assert!(told.iter().any(|line| line.starts_with("done       32 items")), "{told:#?}");
    for page in ["dashboard", "the bake"] {
        assert!(String::from_utf8_lossy(&get(page).await).contains("9Yo"), "{page}");
    }
    assert_eq!(&get("video").await[4..8], b"ftyp");
    assert!(get("poster").await.starts_with(b"\xff\xd8"));
    let record: Value = serde_json::from_slice(&get("record").await).unwrap();
    assert_eq!((&record["value"]["code"], &record["value"]["video"]["mimeType"]), (&json!("9Yo"), &json!("video/mp4")));

    let pid = demo.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert!(demo.wait().unwrap().success());
    for name in ["dashboard", "record"] {
        assert!(http().get(&addresses[name]).send().await.unwrap_err().is_connect(), "{name}");
    }
}
