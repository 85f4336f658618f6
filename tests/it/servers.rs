//! The servers that tests run against do what tests rely on, and never outlive them.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mongodb::bson::doc;
use serde_json::{Value, json};
use telecine::record::Medium;

use crate::stack::proxy::{Answer, Fault, Proxy};
use crate::stack::site::{PASSWORD, Site};
use crate::stack::{Server, Stack};
use crate::support::command::exists;
use crate::support::picture::{PALETTE, Picture};
use crate::support::tape::TapeBuilder;

const PUT: &str = "com.atproto.repo.putRecord";
const MOOD: &str = "computer.aesthetic.mood";

#[tokio::test]
async fn mongod_is_a_replica_set_with_change_streams() {
    let site = Site::new().await;
    let owner = site.account("jeffrey").await;
    let mut changes = site.database().watch().await.unwrap();
    let id = site.add_mood(&owner, "ahoj").await;
    // The first look may be too early.
    let change = loop {
        if let Some(change) = changes.next_if_any().await.unwrap() {
            break change;
        }
    };
    assert_eq!(change.full_document.unwrap().get_object_id("_id").unwrap(), id);
    assert_eq!(site.item(Medium::Mood, id).await.get_str("user").unwrap(), owner.sub);
}

#[tokio::test]
async fn mongod_has_fail_points_for_one_client_alone() {
    let site = Site::new().await;
    let url = format!("{}&appName=unlucky", site.environment()["MONGODB_CONNECTION_STRING"]);
    let unlucky = mongodb::Client::with_uri_str(url).await.unwrap();
    let data = doc! { "failCommands": ["count"], "errorCode": 2, "appName": "unlucky" };
    let fail = doc! { "configureFailPoint": "failCommand", "mode": { "times": 1 }, "data": data };
    unlucky.database("admin").run_command(fail).await.unwrap();
    let count = doc! { "count": "moods" };
    site.database().run_command(count.clone()).await.unwrap();
    let theirs = unlucky.database("site");
    theirs.run_command(count.clone()).await.unwrap_err();
    theirs.run_command(count).await.unwrap();
}

#[tokio::test]
async fn objects_can_be_read_by_anybody_and_written_with_the_key() {
    let site = Site::new().await;
    site.put(site.user_bucket(), "auth0|1/painting/a b.png", "picture").await;
    let url = format!("{}/{}", site.environment()["ART_SPACES_ENDPOINT"], site.user_bucket());
    let get = reqwest::get(format!("{url}/auth0%7C1/painting/a%20b.png")).await.unwrap();
    assert_eq!(get.text().await.unwrap(), "picture");
    assert_eq!(reqwest::get(format!("{url}/b")).await.unwrap().status(), 404);
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 403);
    assert_eq!(crate::stack::http().put(format!("{url}/c")).body("c").send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn accounts_have_repos_with_records_and_blobs() {
    let site = Site::new().await;
    let (owner, pds) = (site.account("jeffrey").await, site.pds());
    let blob = pds.upload_blob(&owner.session, "text/plain", b"hello".to_vec()).await;
    let record = json!({ "$type": MOOD, "mood": "ahoj", "file": blob });
    pds.put_record(&owner.session, MOOD, "3m3aaaaaaaa2a", &record).await;

    let records = site.records(&owner, Medium::Mood).await;
    assert_eq!((records.len(), &records[0].value), (1, &record));
    assert_eq!(records[0].rkey, "3m3aaaaaaaa2a");
    assert_eq!(pds.blob(owner.did(), blob["ref"]["$link"].as_str().unwrap()).await, b"hello");
    let again = site.join(&owner.sub, "jeffrey", PASSWORD).await;
    assert_eq!((again.did(), &again.handle), (owner.did(), &site.handle("jeffrey")));
}

#[tokio::test]
async fn what_people_make_lies_where_the_site_puts_it() {
    let site = Site::new().await;
    let (owner, guest) = (site.account("jeffrey").await, site.guest().await);
    let (tape, picture) = (TapeBuilder::numbered(8, 8, 2), Picture::flat(8, 8, PALETTE[2]));
    for (person, prefix) in [(&owner, "auth0|jeffrey/"), (&guest, "")] {
        let bucket = if person.is_guest() { site.art_bucket() } else { site.user_bucket() };
        let code = if person.is_guest() { "g" } else { "u" };
        let ids = [
            (Medium::Tape, site.add_tape(person, code, &tape).await),
            (Medium::Painting, site.add_painting(person, code, &picture).await),
            (Medium::Piece, site.add_piece(person, code).await),
            (Medium::Kidlisp, site.add_kidlisp(person, code, "(wipe red)").await),
        ];
        for (medium, id) in ids {
            assert_eq!(site.item(medium, id).await.contains_key("user"), !person.is_guest());
        }
        let folder = if person.is_guest() { "" } else { "painting/" };
        for key in [format!("{prefix}tape-{code}.zip"), format!("{prefix}{folder}painting-{code}.png")] {
            let url = format!("{}/{bucket}/{}", site.environment()["ART_SPACES_ENDPOINT"], key.replace('|', "%7C"));
            assert_eq!(reqwest::get(&url).await.unwrap().status(), 200, "{url}");
        }
    }
}

#[tokio::test]
async fn the_proxy_fails_as_it_is_told_and_counts() {
    let site = Site::new().await;
    let owner = site.account("jeffrey").await;
    let proxy = Proxy::of(&site.environment()["PDS_URL"]);
    let http = crate::stack::http();
    let health = format!("{}/xrpc/_health", proxy.url());
    let get = || async { http.get(&health).send().await };

    assert_eq!(get().await.unwrap().status(), 200);
    let faults = [Fault::DropBefore, Fault::Answer(Answer::bad_gateway())];
    proxy.next("_health", [None].into_iter().chain(faults.map(Some)));
    assert_eq!(get().await.unwrap().status(), 200);
    assert!(get().await.is_err());
    assert_eq!(get().await.unwrap().status(), 502);
    assert_eq!((proxy.count("GET /xrpc/_health"), proxy.count("POST")), (4, 0));

    let answers = [
        (Answer::internal_error(), 500),
        (Answer::gateway_timeout(), 504),
        (Answer::expired_token(), 400),
        (Answer::invalid_swap(), 400),
        (Answer::too_large(), 413),
        (Answer::access_denied(), 403),
        (Answer::no_such_key(), 404),
    ];
    for (answer, status) in answers {
        proxy.once("_health", Fault::Answer(answer.clone()));
        let got = get().await.unwrap();
        assert_eq!((got.status().as_u16(), got.text().await.unwrap()), (status, answer.body));
    }
    proxy.once("_health", Fault::Answer(Answer::rate_limited(Duration::from_secs(2))));
    let limited = get().await.unwrap();
    assert_eq!((limited.status().as_u16(), &limited.headers()["ratelimit-remaining"]), (429, &"0".parse().unwrap()));

    let started = Instant::now();
    proxy.once("_health", Fault::Delay(Duration::from_millis(200)));
    assert_eq!(get().await.unwrap().status(), 200);
    assert!(started.elapsed() >= Duration::from_millis(200));

    // The server has done it, whatever the client was told.
    for (index, fault) in [Fault::DropAfter, Fault::AnswerAfter(Answer::internal_error())].into_iter().enumerate() {
        proxy.once(PUT, fault);
        let record = json!({ "$type": MOOD, "mood": "twice" });
        let body = json!({ "repo": owner.did(), "collection": MOOD, "rkey": index.to_string(), "record": record });
        let request = http.post(format!("{}/xrpc/{PUT}", proxy.url())).header("content-type", "application/json");
        let login = owner.session.authorization();
        let answer = request.header("authorization", login).body(body.to_string()).send().await;
        assert!(!answer.is_ok_and(|answer| answer.status().is_success()));
    }
    assert_eq!(site.records(&owner, Medium::Mood).await.len(), 2);

    proxy.always("_health", Fault::DropBefore);
    assert!(get().await.is_err());
    assert!(get().await.is_err());
    proxy.heal();
    assert_eq!(get().await.unwrap().status(), 200);
    assert_eq!(proxy.lines().len(), 4 + 7 + 1 + 1 + 2 + 3);
}

#[tokio::test]
async fn the_proxy_breaks_bodies() {
    let site = Site::new().await;
    site.put(site.art_bucket(), "tape.zip", "0123456789").await;
    let proxy = Proxy::of(&site.environment()["ART_SPACES_ENDPOINT"]);
    let url = format!("{}/{}/tape.zip", proxy.url(), site.art_bucket());
    assert_eq!(reqwest::get(&url).await.unwrap().text().await.unwrap(), "0123456789");

    proxy.once("GET", Fault::Truncate(4));
    let truncated = reqwest::get(&url).await.unwrap();
    assert_eq!((truncated.status().as_u16(), truncated.content_length()), (200, Some(10)));
    truncated.bytes().await.unwrap_err();

    proxy.once("GET", Fault::Shorten(4));
    let short = reqwest::get(&url).await.unwrap();
    assert_eq!((short.content_length(), short.text().await.unwrap()), (Some(4), "0123".into()));
}

#[tokio::test]
async fn servers_come_back_with_what_they_knew() {
    let stack = Stack::start(&[("PDS_RATE_LIMITS_ENABLED", "true")]);
    let site = Site::on(&stack).await;
    let owner = site.account("jeffrey").await;
    let mood = site.add_mood(&owner, "ahoj").await;
    for server in [Server::Pds, Server::Mongod] {
        stack.kill(server);
        stack.restart(server);
    }
    stack.step_down().await;
    stack.stop(Server::Pds);
    assert!(reqwest::get(stack.pds_url()).await.is_err());
    stack.restart(Server::Pds);
    assert_eq!(site.item(Medium::Mood, mood).await.get_str("mood").unwrap(), "ahoj");
    site.pds().put_record(&owner.session, MOOD, "a", &json!({ "$type": MOOD })).await;
    assert_eq!(site.records(&owner, Medium::Mood).await.len(), 1);
    let answer = reqwest::get(format!("{}/xrpc/com.atproto.server.describeServer", stack.pds_url())).await.unwrap();
    assert!(answer.headers().contains_key("ratelimit-remaining"));
}

/// Starts mongod with a process that holds the standard input of its supervisor open, and gives back both and what the
/// supervisor said.
fn held() -> (Child, Child, Value) {
    let mut holder = Command::new("sleep").arg("600").stdout(Stdio::piped()).spawn().unwrap();
    let mut supervisor = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/stack"))
        .args(["serve", "--only", "mongod"])
        .stdin(holder.stdout.take().unwrap())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(supervisor.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (holder, supervisor, serde_json::from_str(&line).unwrap())
}

/// Whether that process is there and not just waiting for its parent to look.
fn is_running(process: &Value) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"));
    status.is_ok_and(|status| !status.contains("State:\tZ"))
}

#[test]
fn servers_end_when_the_process_that_uses_them_is_killed() {
    let (mut holder, mut supervisor, state) = held();
    let mongod = &state["processes"]["mongod"];
    assert!(is_running(mongod));
    holder.kill().unwrap();
    holder.wait().unwrap();
    supervisor.wait().unwrap();
    assert!(!is_running(mongod));
    assert!(!exists(Path::new(state["folder"].as_str().unwrap())));
}

#[test]
fn servers_end_when_their_supervisor_is_killed() {
    let (mut holder, mut supervisor, state) = held();
    supervisor.kill().unwrap();
    supervisor.wait().unwrap();
    let started = Instant::now();
    while is_running(&state["processes"]["mongod"]) {
        assert!(started.elapsed() < Duration::from_secs(10), "mongod is still there");
        std::thread::sleep(Duration::from_millis(10));
    }
    holder.kill().unwrap();
    holder.wait().unwrap();
}
