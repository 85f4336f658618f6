//! What the site sends to the oven and expects of it, replayed from `fixtures/oven/transcript.json`, and the piece that
//! listens on `/ws`.

use std::collections::BTreeMap;

use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value};
use telecine::record::Medium;
use tokio_tungstenite::tungstenite::Message;

use super::fake_site::FakeSite;
use super::{SECRET, Serving, eventually};
use crate::stack::http;
use crate::stack::site::Site;
use crate::support::tape::TapeBuilder;

#[derive(Deserialize)]
struct Transcript {
    steps: Vec<Step>,
}

/// A request of the site's and the answer that it expects, or a callback that it expects and what it does meanwhile.
#[derive(Deserialize)]
struct Step {
    who: String,
    send: Option<Send>,
    receive: Option<Receive>,
    #[serde(default)]
    meanwhile: Vec<Post>,
    /// What is waited for, asking again and again.
    until: Option<Value>,
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Option<Value>,
}

#[derive(Deserialize)]
struct Send {
    method: String,
    path: String,
    body: Option<Value>,
}

#[derive(Deserialize)]
struct Receive {
    query: String,
    body: Value,
}

#[derive(Deserialize)]
struct Post {
    path: String,
    body: Value,
}

/// Puts the tape's values in the place of words in braces.
fn fill(value: &Value, words: &BTreeMap<&str, String>) -> Value {
    match value {
        Value::String(text) => {
            let filled =
                words.iter().fold(text.clone(), |text, (word, value)| text.replace(&format!("{{{word}}}"), value));
            filled.into()
        }
        Value::Array(values) => values.iter().map(|value| fill(value, words)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), fill(value, words))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// Whether an answer has all that is expected; a field more is no harm.
fn holds(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::String(kind), got) if kind == "<text>" => got.is_string(),
        (Value::String(kind), got) if kind == "<number>" => got.is_number(),
        (Value::String(kind), got) if kind == "<list>" => got.is_array(),
        (Value::String(kind), got) if kind == "<any>" => !got.is_null(),
        (Value::Array(expected), Value::Array(got)) => {
            expected.len() == got.len() && expected.iter().zip(got).all(|(expected, got)| holds(expected, got))
        }
        (Value::Object(expected), Value::Object(got)) => {
            expected.iter().all(|(name, expected)| got.get(name).is_some_and(|got| holds(expected, got)))
        }
        (expected, got) => expected == got,
    }
}

/// A request of the site's, and its answer: status, headers, and JSON if it is some.
async fn ask(
    oven: &Serving,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> (u16, reqwest::header::HeaderMap, Value) {
    let mut request = http().request(method.parse::<Method>().unwrap(), oven.url(path));
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, headers, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
}

impl Step {
    async fn replay(&self, oven: &Serving, receiver: &FakeSite, words: &BTreeMap<&str, String>, callbacks: usize) {
        let who = &self.who;
        let expected = fill(&self.body.clone().unwrap_or_default(), words);
        if let Some(receive) = &self.receive {
            let (query, told) = eventually(who, async || receiver.received().bodies.get(callbacks).cloned()).await;
            assert_eq!((query, told), (receive.query.clone(), fill(&receive.body, words)), "{who}");
            for answer in eventually(who, async || receiver.answers_of(callbacks)).await {
                assert_eq!(answer.0, self.status, "{who}");
                assert!(holds(&expected, &answer.1), "{who}: {}", answer.1);
            }
            return;
        }
        let send = self.send.as_ref().expect("a step sends or receives");
        let body = send.body.as_ref().map(|body| fill(body, words));
        let until = self.until.as_ref().map(|until| fill(until, words)).unwrap_or_default();
        let (status, headers, got) = eventually(who, async || {
            let answer = ask(oven, &send.method, &send.path, body.as_ref()).await;
            (until.is_null() || holds(&until, &answer.2)).then_some(answer)
        })
        .await;
        assert_eq!(status, self.status, "{who}: {got}");
        assert!(expected.is_null() || holds(&expected, &got), "{who}: {got}");
        for (name, value) in &self.headers {
            assert_eq!(headers[name], value, "{who}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_site_and_its_tools_find_in_the_service_what_they_found_in_the_oven() {
    let transcript = include_str!("../../../fixtures/oven/transcript.json");
    let transcript: Transcript = serde_json::from_str(transcript).unwrap();
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let receiver = FakeSite::new(&site).await;
    let oven = Serving::start(&site, &[("TELECINE_SETTLE", "3600s")]);
    let id = site.add_tape(&owner, "abc", &TapeBuilder::numbered(32, 24, 4)).await;
    let request = receiver.request(&site.item(Medium::Tape, id).await, "");
    let base = format!("{}/{}/tapes/abc", site.environment()["ART_SPACES_ENDPOINT"], site.bucket_of("at-blobs"));
    let mut words: BTreeMap<_, _> = ["mongoId", "slug", "code", "zipUrl", "callbackUrl"]
        .map(|word| (word, request[word].as_str().unwrap().to_owned()))
        .into();
    words.extend([
        ("secret", SECRET.to_owned()),
        ("mp4Url", format!("{base}.mp4")),
        ("thumbnailUrl", format!("{base}-thumb.jpg")),
    ]);
    let posts = transcript.steps.iter().filter(|step| step.receive.is_some()).map(|step| {
        step.meanwhile.iter().map(|post| (oven.url(&post.path), fill(&post.body, &words))).collect::<Vec<_>>()
    });
    let posts: Vec<_> = posts.collect();
    receiver.set(|received| received.meanwhile = posts);
    let mut callbacks = 0;
    for step in &transcript.steps {
        step.replay(&oven, &receiver, &words, callbacks).await;
        callbacks += usize::from(step.receive.is_some());
    }
    receiver.has_made(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_piece_that_listens_hears_everything_at_once_and_again_after_each_change() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let receiver = FakeSite::new(&site).await;
    let oven = Serving::start(&site, &[]);
    let address = oven.url("/ws").replacen("http", "ws", 1);
    let (mut socket, _) = tokio_tungstenite::connect_async(address).await.unwrap();
    let heard = async |socket: &mut tokio_tungstenite::WebSocketStream<_>| loop {
        if let Message::Text(text) = socket.next().await.expect("it goes on").unwrap() {
            return serde_json::from_str::<Value>(&text).unwrap();
        }
    };
    let first = heard(&mut socket).await;
    let expected = serde_json::json!({
        "version": "<any>", "serverStartTime": "<number>", "uptime": "<number>", "incoming": [], "active": [], "recent": [],
        "grabs": { "active": [], "recent": [], "queue": [], "ipfsThumbs": {} }, "grabProgress": {},
        "concurrency": { "active": 0, "max": "<number>", "queueDepth": 0 }, "frozen": "<list>", "recentLogs": "<list>",
    });
    assert!(holds(&expected, &first), "{first}");
    // What it says itself is not listened to.
    socket.send(Message::text("{\"type\":\"hello\"}")).await.unwrap();
    let id = site.add_tape(&owner, "abc", &TapeBuilder::numbered(32, 24, 4)).await;
    oven.bake(&receiver, &site.item(Medium::Tape, id).await, "").await;
    while heard(&mut socket).await["recent"][0]["code"] != "abc" {}
    let stopped = tokio::task::spawn_blocking(move || oven.stop());
    let mut rest = std::pin::pin!(socket.filter_map(async |message| match message {
        Ok(Message::Text(_)) => None,
        other => Some(other),
    }));
    assert!(matches!(rest.next().await, Some(Ok(Message::Close(_)))));
    assert_eq!(stopped.await.unwrap(), 0);
}
