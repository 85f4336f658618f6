//! Servers that limit their rate: the program waits for them and shows it, no other work waits, and nothing is lost.

use std::time::Duration;

use mongodb::bson::{Document, doc};
use serde_json::{Value, json};
use telecine::record::Medium;

use super::Syncing;
use crate::stack::proxy::{Answer, Fault};
use crate::support::picture::Picture;

const APPLY: &str = "com.atproto.repo.applyWrites";
const LOGIN: &str = "com.atproto.server.createSession";

/// How long after a test has started a server accepts requests again; the test needs some seconds to get there.
const UNTIL: Duration = Duration::from_secs(10);

fn later(status: u16, when: &str) -> Fault {
    Fault::Answer(Answer::later(status, when))
}

/// A date as HTTP has it.
fn http_date(from_now: Duration) -> String {
    let time = jiff::Timestamp::now() + from_now;
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn report(syncing: &Syncing) -> Value {
    serde_json::from_slice(&syncing.workshop.get("report.json")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_only_says_when_to_come_back_is_asked_once_more_and_not_before() {
    let undisturbed = Syncing::undisturbed().await;
    for method in ["createSession", "getRepo", "uploadBlob", "applyWrites", "describeServer"] {
        for (status, is_date) in [(429, false), (503, true)] {
            let mut syncing = Syncing::new().await;
            let owner = syncing.site.account("unlucky").await;
            syncing.fill(&owner).await;
            let proxy = syncing.pds_proxy();
            let when = if is_date { http_date(UNTIL) } else { "3".into() };
            proxy.once(method, later(status, &when));
            let run = syncing.run("sync --live --report report.json").await;
            assert_eq!(run.code, Some(0), "{status} of {method}: {}{}", run.stdout(), run.stderr);
            let least = Duration::from_secs(if is_date { UNTIL.as_secs() - 2 } else { 3 });
            assert!(run.elapsed > least, "{status} of {method}: {:?}", run.elapsed);
            assert_eq!(syncing.state(&owner).await, undisturbed, "{status} of {method}");
            assert!(run.stderr.contains("waiting until "), "{status} of {method}: {}", run.stderr);
            assert_ne!(report(&syncing)["waits"], json!([]), "{status} of {method}");
            let (counted, times) = match (method, status) {
                // The result of the writes is unknown, so the repo is read again.
                ("applyWrites", 503) => ("getRepo", 2),
                ("applyWrites", _) => ("getRepo", 1),
                // Blobs go side by side, so that some may be on their way.
                ("uploadBlob", _) => ("createSession", 1),
                (method, _) => (method, 2),
            };
            assert_eq!(proxy.count(counted), times, "{status} of {method}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spaces_that_only_say_when_to_come_back_are_asked_once_more_and_not_before() {
    for (status, is_date) in [(503, false), (429, true), (403, false)] {
        let mut syncing = Syncing::new().await;
        let owner = syncing.site.account("painter").await;
        syncing.site.add_painting(&owner, "one", &Picture::numbered(32, 32, 1)).await;
        let when = if is_date { http_date(UNTIL) } else { "3".into() };
        let proxy = syncing.spaces_proxy();
        proxy.next("GET /", [Some(later(status, &when)), None]);
        let run = syncing.run("sync --live --paintings-only --report report.json").await.succeeds();
        assert!(run.stderr.contains("for the limit of files"), "{status}: {}", run.stderr);
        assert_eq!(report(&syncing)["waits"][0]["for"], "files");
        // The key without a folder is tried first, but has no file.
        assert_eq!(proxy.count("GET /"), 3, "{status}: {:?}", proxy.lines());
        assert_eq!(syncing.site.records(&owner, Medium::Painting).await.len(), 1);
    }
}

/// A run in which one of 21 accounts hears this when it logs in.
async fn one_of_21_cannot_log_in(answer: Answer) {
    let mut syncing = Syncing::new().await;
    let mut owners = Vec::new();
    for number in 0..21 {
        let owner = syncing.site.account(&format!("member-{number}")).await;
        syncing.site.add_mood(&owner, "hello").await;
        owners.push(owner);
    }
    let proxy = syncing.pds_proxy();
    proxy.next(LOGIN, std::iter::repeat_n(None, 7).chain([Some(Fault::Answer(answer))]));
    let run = syncing.run("sync --live --report report.json").await;
    assert_eq!(run.code, Some(1), "{}{}", run.stdout(), run.stderr);
    assert_eq!(proxy.count(LOGIN), 21);
    let report = report(&syncing);
    assert_eq!(report["done"]["moods"]["create"], 20);
    let accounts = report["accounts"].as_array().unwrap();
    let postponed: Vec<_> = accounts.iter().filter(|account| account.get("postponed").is_some()).collect();
    assert_eq!(postponed.len(), 1, "{report}");
    let until: jiff::Timestamp = postponed[0]["postponed"]["until"].as_str().unwrap().parse().unwrap();
    let hours = until.duration_since(jiff::Timestamp::now()).as_secs() / 3600;
    assert!((23..=24).contains(&hours), "{until}");
    assert!(postponed[0].get("failed").is_none(), "{}", postponed[0]);
    let (handle, minute) = (postponed[0]["account"].as_str().unwrap(), until.strftime("%Y-%m-%d %H:%M UTC"));
    let line = format!("postponed  1 × logins are limited until {minute}: {handle}");
    assert!(run.stdout().contains(&line), "{}", run.stdout());

    syncing.detours.clear();
    let run = syncing.run("sync --live --report report.json").await.succeeds();
    assert!(run.stdout().contains("done       1 items"), "{}", run.stdout());
    for owner in &owners {
        assert_eq!(syncing.site.records(owner, Medium::Mood).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_cannot_log_in_for_a_day_is_put_off_and_the_others_are_done() {
    one_of_21_cannot_log_in(Answer::later(429, "86400")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_it_is_where_the_pds_says_it_in_its_own_words() {
    one_of_21_cannot_log_in(Answer::rate_limited(Duration::from_hours(24))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_is_waited_can_be_said_and_what_needs_no_files_goes_on() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("painter").await;
    syncing.fill(&owner).await;
    let proxy = syncing.pds_proxy();
    proxy.always("uploadBlob", later(429, "600"));
    let run = syncing.run("sync --live --patience 9m --report report.json").await;
    assert_eq!(run.code, Some(1), "{}{}", run.stdout(), run.stderr);
    assert!(run.stdout().contains("postponed  1 × uploads are limited until "), "{}", run.stdout());
    assert!(!run.stderr.contains("waiting until"), "{}", run.stderr);
    // No more than are on their way side by side.
    let most = 2 * std::thread::available_parallelism().unwrap().get() + 2;
    assert!((1..=most).contains(&proxy.count("uploadBlob")), "{:?}", proxy.lines());
    assert_eq!(syncing.site.records(&owner, Medium::Mood).await.len(), 12);
    let told = report(&syncing);
    assert_eq!(told["accounts"][0].get("parked"), None, "{told}");
    for (patience, code) in [("soon", 2), ("1 h", 2), ("", 2)] {
        let mut command = syncing.command("sync --patience");
        let run = crate::support::command::run(command.arg(patience));
        assert_eq!(run.code, Some(code), "{patience}: {}", run.stderr);
    }
}

/// An account with more moods than fit into a batch.
async fn talkative(syncing: &Syncing) -> crate::stack::site::Account {
    let owner = syncing.site.account("talkative").await;
    let moods = (0..300).map(|number| {
        let when = mongodb::bson::DateTime::from_millis(1_700_000_000_000 + number);
        doc! { "user": &owner.sub, "mood": format!("mood {number}"), "when": when }
    });
    syncing.site.database().collection("moods").insert_many(moods).await.unwrap();
    owner
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_before_an_interrupted_wait_is_counted_and_remembered() {
    let mut syncing = Syncing::new().await;
    let owner = talkative(&syncing).await;
    let proxy = syncing.pds_proxy();
    proxy.next(APPLY, [None, Some(later(429, "600"))]);
    let mut running = syncing.start("sync --live --report report.json");
    let run = tokio::task::spawn_blocking(move || {
        running.wait_for_stderr("waiting until ");
        running.signal("INT");
        running.finish()
    });
    let run = run.await.unwrap();
    assert_eq!(run.code, Some(130), "{}{}", run.stdout(), run.stderr);
    assert!(run.elapsed < Duration::from_mins(1), "{:?}", run.elapsed);
    let waiting = run.stderr.lines().find(|line| line.starts_with("waiting until ")).unwrap();
    assert!(waiting.ends_with(&format!(" UTC for the limit of writes of {}", owner.did())), "{waiting}");
    let told = report(&syncing);
    assert_eq!(
        (&told["done"]["moods"]["create"], &told["accounts"][0]["failed"]),
        (&json!(200), &json!("interrupted"))
    );
    assert_eq!((&told["waits"][0]["for"], &told["waits"][0]["times"]), (&json!("writes"), &json!(1)), "{told}");
    assert_eq!(remembered(&syncing).await, 200);
}

async fn remembered(syncing: &Syncing) -> u64 {
    let moods = syncing.site.database().collection::<Document>("moods");
    moods.count_documents(doc! { "atproto.rkey": { "$exists": true } }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_before_a_failure_is_counted_and_remembered() {
    let mut syncing = Syncing::new().await;
    talkative(&syncing).await;
    let proxy = syncing.pds_proxy();
    proxy.next(APPLY, [None, Some(Fault::Answer(Answer::xrpc(403, "Forbidden", "not any more")))]);
    let run = syncing.run("sync --live --report report.json").await;
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let told = report(&syncing);
    assert_eq!(told["done"]["moods"]["create"], 200);
    assert!(told["accounts"][0]["failed"].as_str().unwrap().contains("not any more"), "{told}");
    assert_eq!(remembered(&syncing).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_terminal_a_wait_is_a_line_among_the_bars() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("patient").await;
    syncing.site.add_mood(&owner, "hello").await;
    let proxy = syncing.pds_proxy();
    proxy.once(APPLY, later(429, "3"));
    let command = format!("{} sync --live --report report.json", crate::support::command::TELECINE);
    let mut script = std::process::Command::new("script");
    script
        .args(["-qec", &command, "/dev/null"])
        .current_dir(syncing.workshop.path("."))
        .stdin(std::process::Stdio::null());
    script
        .env("TERM", "xterm")
        .envs(syncing.site.environment())
        .envs(syncing.detours.iter().map(|(name, value)| (*name, value)));
    let run = tokio::task::spawn_blocking(move || crate::support::command::run(&mut script)).await.unwrap().succeeds();
    let drawn = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(
        drawn.contains("waiting  until ") && drawn.contains(" UTC for the limit of writes of did:plc:"),
        "{drawn:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pds_that_says_that_it_stored_something_else_is_noticed_at_once() {
    let mut syncing = Syncing::new().await;
    let owner = syncing.site.account("careful").await;
    let mood = syncing.site.add_mood(&owner, "what I said").await;
    let proxy = syncing.pds_proxy();
    let other = "bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm";
    let result = json!({ "$type": "com.atproto.repo.applyWrites#createResult", "uri": "at://x/y/z", "cid": other });
    let body = json!({ "commit": { "cid": other, "rev": "3l2222222222a" }, "results": [result] }).to_string();
    let headers = vec![("content-type", "application/json".to_owned())];
    proxy.once(APPLY, Fault::AnswerAfter(Answer { status: 200, headers, body }));
    let run = syncing.run("sync --live --report report.json").await;
    assert_eq!(run.code, Some(1), "{}{}", run.stdout(), run.stderr);
    let parked = &report(&syncing)["accounts"][0]["parked"][0];
    assert_eq!(parked["id"], mood.to_hex());
    let reason = parked["reason"].as_str().unwrap();
    let record = &syncing.site.records(&owner, Medium::Mood).await[0];
    assert_eq!(reason, format!("record was stored as {other}, but sent as {}", record.cid));
    assert_eq!(remembered(&syncing).await, 0);
    // It was the answer that was wrong, as the next look shows.
    syncing.run("sync --live").await.succeeds();
    assert_eq!((remembered(&syncing).await, syncing.run("sync --live").await.code), (1, Some(3)));
}
