//! What strangers may try: to be slow, to be many, to lead the service elsewhere, and to name what is not theirs.

use std::time::{Duration, Instant};

use mongodb::bson::doc;
use reqwest::StatusCode;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use telecine::record::Medium;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::load::Load;
use super::{LIMIT, SECRET, Serving, eventually};
use crate::stack::http;
use crate::stack::site::Site;

/// How many watch at once, as many as may.
const WATCHERS: usize = 10_000;

/// The memory that the service may have.
const MEMORY: u64 = 400 << 20;

async fn connect(oven: &Serving) -> TcpStream {
    TcpStream::connect(oven.url("").strip_prefix("http://").unwrap()).await.unwrap()
}

/// All that comes until the service closes the connection.
async fn rest(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    // A reset is an end as well.
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_does_not_come_to_its_end_is_ended() {
    let site = Site::new().await;
    let oven = Serving::start(&site, &[]);
    let started = Instant::now();
    let (mut silent, mut head, mut body, mut drip) =
        (connect(&oven).await, connect(&oven).await, connect(&oven).await, connect(&oven).await);
    silent.flush().await.unwrap();
    head.write_all(b"POST /bake HTTP/1.1\r\nHos").await.unwrap();
    body.write_all(b"POST /bake HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{").await.unwrap();
    drip.write_all(b"POST /bake HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n").await.unwrap();
    let (mut read, mut write) = drip.into_split();
    let dripping = tokio::spawn(async move {
        // Each byte is in time, and the whole is not.
        while write.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    let mut dripped = Vec::new();
    let (silent, head, body, _) = tokio::join!(rest(silent), rest(head), rest(body), read.read_to_end(&mut dripped));
    dripping.await.unwrap();
    assert!(silent.is_empty(), "{silent}");
    assert!(head.is_empty() || head.starts_with("HTTP/1.1 408"), "{head}");
    assert!(body.starts_with("HTTP/1.1 408"), "{body}");
    assert!(dripped.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&dripped));
    assert!(started.elapsed() < Duration::from_mins(1));
    assert_eq!(oven.get("/health").await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_nothing_of_what_was_sent_is_cut_off() {
    let site = Site::new().await;
    let oven = Serving::start(&site, &[]);
    let mut stalled = connect(&oven).await;
    // Until the service cannot write any more, and therefore reads no more requests; then until the system gives up.
    let request = "GET /assets/style.css HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1_000);
    let asked = async { while stalled.write_all(request.as_bytes()).await.is_ok() {} };
    tokio::time::timeout(LIMIT, asked).await.expect("it is cut off");
    assert_eq!(oven.get("/health").await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_who_watch_keep_nobody_from_baking() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    assert!(maximum.is_none_or(|maximum| maximum > WATCHERS as u64 + 1_000), "ulimit -Hn is {maximum:?}");
    let mut load = Load::on(Site::new().await).await;
    let oven = Serving::start(&load.site, &[super::AT_ONCE]);
    let mut watchers = Vec::new();
    for _ in 0..WATCHERS {
        let mut watcher = connect(&oven).await;
        watcher.write_all(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        watchers.push(watcher);
    }
    for watcher in &mut watchers {
        let mut heard = [0; 512];
        let length = watcher.read(&mut heard).await.unwrap();
        assert!(heard[..length].starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&heard[..length]));
    }
    assert_eq!(http().get(oven.url("/events")).send().await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    load.add(&oven).await;
    load.is_done_once().await;
    let memory = oven.peak();
    assert!(memory < MEMORY, "{} MiB with {WATCHERS} watchers", memory >> 20);
    // Each of them gets an event of the tape; one of them shows it.
    let mut heard = String::new();
    while !heard.contains("\"label\":\"k0\"") {
        let mut chunk = [0; 4096];
        let length = watchers[WATCHERS / 2].read(&mut chunk).await.unwrap();
        assert!(length > 0, "{heard}");
        heard.push_str(&String::from_utf8_lossy(&chunk[..length]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_home_is_not_followed_though_it_is_on_the_list() {
    let mut load = Load::on(Site::new().await).await;
    for address in ["127.0.0.1", "169.254.169.254"] {
        // As the service sees it, the site's name leads there, by whatever the resolver says this time.
        let hosts = format!(
            "printf '127.0.0.1 localhost\\n{address} aesthetic.computer\\n' >x/hosts; mount --bind x/hosts /etc/hosts"
        );
        let oven = Serving::in_mount(&hosts, &load.site, &[("TELECINE_ALLOW_LOOPBACK", "no")]);
        load.add_to(&oven, "https://aesthetic.computer/api/oven-complete").await;
        let job = load.waits_because_of("callback", "receiver.no-response").await;
        let text = job.get_document("failure").unwrap().get_str("text").unwrap().to_owned();
        assert!(text.ends_with("aesthetic.computer has no public address"), "{address}: {text}");
        oven.kill();
        load.jobs().delete_many(doc! { "work.kind": "callback" }).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_sends_on_is_not_followed() {
    let mut load = Load::on(Site::new().await).await;
    let inside = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let elsewhere = format!("http://{}/inside", inside.local_addr().unwrap());
    let routes = axum::Router::new().fallback(move || {
        let elsewhere = elsewhere.clone();
        async move { (axum::http::StatusCode::TEMPORARY_REDIRECT, [("location", elsewhere)]) }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let receiver = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let oven = Serving::start(&load.site, &[]);
    load.add_to(&oven, &receiver).await;
    let job = load.waits_because_of("callback", "receiver.declined").await;
    let text = job.get_document("failure").unwrap().get_str("text").unwrap();
    assert!(text.ends_with("returned 307"), "{text}");
    let reached = tokio::time::timeout(Duration::ZERO, inside.accept()).await;
    assert!(reached.is_err(), "a request was sent inside");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_code_names_no_file() {
    let site = Site::new().await;
    let oven = Serving::start(&site, &[]);
    for path in [
        "/media/tapes/..",
        "/media/tapes/%2e%2e",
        "/media/tapes/..%2fprivate",
        "/media/tapes/a%2fb.mp4",
        "/media/tapes/a%00.mp4",
        "/media/tapes/a%0d%0aX:1.jpg",
        "/media/tapes/.mp4",
        "/media/tapes/abc.mp4.zip",
        "/media/tapes/abc.exe",
        "/media/tapes/a%7Cb",
        "/media/tapes/$abc",
        "/media/tapes/",
        "/media/paintings/abc",
    ] {
        let mut stream = connect(&oven).await;
        // As it stands: clients would tidy it up.
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = rest(stream).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
    let long = format!("/media/tapes/{}", "a".repeat(20_000));
    assert!(http().get(oven.url(&long)).send().await.unwrap().status().is_client_error());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_sends_nobody_elsewhere_than_to_the_sites_files() {
    let site = Site::new().await;
    let owner = site.account("thief").await;
    let oven = Serving::start(&site, &[("TELECINE_SETTLE", "3600s")]);
    let endpoint = &site.environment()["ART_SPACES_ENDPOINT"];
    let client = telecine::remote::http_client().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = async |name: &str| {
        let response = client.get(oven.url(&format!("/media/tapes/{name}"))).send().await.unwrap();
        (response.status(), response.headers().get("location").map(|location| location.to_str().unwrap().to_owned()))
    };
    let nowhere = (StatusCode::NOT_FOUND, None);
    let addresses = [
        "https://evil.example/x.mp4".to_owned(),
        "javascript:alert(1)".into(),
        "//evil.example/x.mp4".into(),
        "http://169.254.169.254/latest/meta-data".into(),
        format!("{endpoint}/private/x.mp4"),
        format!("{endpoint}/{}/../private/x.mp4", site.user_bucket()),
        format!("{endpoint}/{}/x%0d%0aset-cookie:%20a=b.mp4", site.user_bucket()),
    ];
    for (number, url) in addresses.iter().enumerate() {
        let code = format!("posted{number}");
        let posted = doc! { "code": &code, "slug": "v", "kind": "mp4", "mp4Url": url, "mp4Status": "complete" };
        site.add(&owner, Medium::Tape, posted).await;
        assert_eq!(answer(&format!("{code}.mp4")).await, nowhere, "{url}");
        assert_eq!(answer(&code).await, nowhere, "{url}");
    }
    // Files of others, under names that lead to them.
    site.put(site.user_bucket(), "auth0|victim/secret.zip", "secret").await;
    site.put(&site.environment()["AT_BLOBS_SPACES_BUCKET"], "secret.mp4", "secret").await;
    for (code, fields) in [
        ("bucket", doc! { "slug": "secret", "bucket": "private" }),
        ("slug", doc! { "slug": "../auth0|victim/secret" }),
        ("blank", doc! { "slug": 7 }),
    ] {
        let tape = doc! { "code": code, "kind": "zip", "mp4Status": "pending" }.into_iter().chain(fields).collect();
        site.add(&owner, Medium::Tape, tape).await;
        assert_eq!(answer(code).await, nowhere, "{code}");
    }
    let crafted = doc! { "code": "../secret", "slug": "tape-x", "kind": "zip", "mp4Status": "pending" };
    let id = site.add(&owner, Medium::Tape, crafted).await.to_hex();
    assert_eq!(answer(&format!("{id}.mp4")).await, nowhere);
    assert!(!oven.log().contains("request failed"), "{}", oven.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_in_no_log_whatever_is_sent() {
    let load = Load::on(Site::new().await).await;
    let token = "operator-token-of-this-test";
    let oven = Serving::start(&load.site, &[("TELECINE_ADMIN_TOKEN", token), ("TELECINE_LOG", "trace")]);
    let wrong = "a-secret-that-was-guessed";
    for body in [
        format!("{{\"code\":\"x\",\"callbackSecret\":\"{wrong}\"}}"),
        load.receiver.request(&doc_of_tape(), "").to_string().replace(SECRET, wrong),
        format!("{{\"callbackSecret\":\"{SECRET}\",,}}"),
    ] {
        assert!(http().post(oven.url("/bake")).body(body).send().await.unwrap().status().is_client_error());
    }
    for given in [token, wrong] {
        http().get(oven.url("/metrics")).bearer_auth(given).send().await.unwrap();
        http().post(oven.url("/login")).body(format!("token={given}")).send().await.unwrap();
    }
    eventually("some log", async || oven.log().contains("listening").then_some(())).await;
    let log = oven.log();
    for secret in [SECRET, token, wrong] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

fn doc_of_tape() -> mongodb::bson::Document {
    doc! { "_id": mongodb::bson::oid::ObjectId::new(), "code": "abc", "slug": "tape-abc", "user": "auth0|maker" }
}
