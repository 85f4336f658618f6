//! The site's end of the oven's contract: what it sends, and its receiver of callbacks, which makes a record whenever it
//! is not asked to make none.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use mongodb::Database;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use super::{SECRET, eventually, request};
use crate::stack::site::Site;
use crate::stack::{background, http};

/// The site's receiver, and what it got.
pub struct FakeSite {
    url: String,
    zips: String,
    shared: Arc<Shared>,
}

struct Shared {
    database: Database,
    state: Mutex<Received>,
}

/// What the receiver got.
#[derive(Debug, Clone, Default)]
pub struct Received {
    /// Bodies, the first first, each with its query.
    pub bodies: Vec<(String, Value)>,
    /// How many records it made.
    pub records: usize,
    /// How many of the next it answers with 500, after it has done its work.
    pub failing: usize,
    /// What it posts while a callback is open, for each callback in their order: addresses and bodies.
    pub meanwhile: Vec<Vec<(String, Value)>>,
    /// What came back.
    pub answers: Vec<Vec<(u16, Value)>>,
}

impl Received {
    /// The codes of the tapes in its callbacks.
    pub fn codes(&self) -> BTreeSet<String> {
        self.bodies.iter().map(|(_, body)| body["code"].as_str().unwrap().to_owned()).collect()
    }
}

impl FakeSite {
    /// Listens on this machine.
    pub async fn new(site: &Site) -> FakeSite {
        let shared = Arc::new(Shared { database: site.database().clone(), state: Mutex::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api/oven-complete", listener.local_addr().unwrap());
        let routes = Router::new().route("/api/oven-complete", post(complete)).with_state(shared.clone());
        background().spawn(async move { axum::serve(listener, routes).await });
        let zips = format!("{}/{}", site.environment()["ART_SPACES_ENDPOINT"], site.user_bucket());
        FakeSite { url, zips, shared }
    }

    /// The address of its receiver.
    pub fn callback_url(&self) -> &str {
        &self.url
    }

    /// What it got so far.
    pub fn received(&self) -> Received {
        self.shared.state.lock().unwrap().clone()
    }

    /// What came back for what it posted during a callback, once all of it has.
    pub fn answers_of(&self, callback: usize) -> Option<Vec<(u16, Value)>> {
        self.received().answers.get(callback).cloned()
    }

    /// Waits until it has made this number of records, and checks that there are no more.
    pub async fn has_made(&self, records: usize) {
        eventually("records of the site", async || (self.received().records >= records).then_some(())).await;
        assert_eq!(self.received().records, records);
    }

    /// Changes how it behaves.
    pub fn set(&self, change: impl FnOnce(&mut Received)) {
        change(&mut self.shared.state.lock().unwrap());
    }

    /// What it sends to have a tape baked.
    pub fn request(&self, tape: &Document, query: &str) -> Value {
        let id = tape.get_object_id("_id").unwrap().to_hex();
        let (code, slug) = (tape.get_str("code").unwrap(), tape.get_str("slug").unwrap());
        let user = tape.get_str("user").unwrap().replace('|', "%7C");
        request(&id, code, &format!("{}/{user}/{slug}.zip", self.zips), &format!("{}{query}", self.url))
    }
}

/// Does its work to the end even if the caller goes away, as the site does.
async fn complete(
    State(site): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    tokio::spawn(completed(site, query.unwrap_or_default(), body)).await.unwrap()
}

/// As the site's oven-complete does it.
async fn completed(site: Arc<Shared>, query: String, body: Value) -> (StatusCode, Json<Value>) {
    let is_preview = query == "previewOnly=1";
    let posts = {
        let mut state = site.state.lock().unwrap();
        state.bodies.push((query, body.clone()));
        state.meanwhile.get(state.bodies.len() - 1).cloned().unwrap_or_default()
    };
    if body["secret"] != SECRET {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "Unauthorized" })));
    }
    let tapes = site.database.collection::<Document>("tapes");
    let id = doc! { "_id": ObjectId::parse_str(body["mongoId"].as_str().unwrap()).unwrap() };
    if let Some(error) = body["error"].as_str() {
        let set = doc! { "$set": { "mp4Status": "oven-failed", "mp4Error": error } };
        tapes.update_one(id, set).await.unwrap();
        return (StatusCode::OK, Json(json!({ "ok": true, "code": body["code"], "failed": true })));
    }
    let set = doc! { "$set": {
        "mp4Url": body["mp4Url"].as_str().unwrap(), "thumbnailUrl": body["thumbnailUrl"].as_str(),
        "mp4Status": "complete",
    } };
    tapes.update_one(id.clone(), set).await.unwrap();
    // The site calls back in while its answer is awaited.
    let mut answers = Vec::new();
    for (address, said) in posts {
        let answer = http().post(address).json_body(&said).send().await.unwrap();
        let status = answer.status().as_u16();
        answers.push((status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()));
    }
    site.state.lock().unwrap().answers.push(answers);
    if !is_preview {
        let rkey = format!("site{}", site.state.lock().unwrap().records);
        tapes.update_one(id, doc! { "$set": { "at": { "rkey": &rkey } } }).await.unwrap();
        site.state.lock().unwrap().records += 1;
    }
    let mut state = site.state.lock().unwrap();
    if state.failing > 0 {
        state.failing -= 1;
        return (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "error": "timed out" })));
    }
    (StatusCode::OK, Json(json!({ "ok": true, "code": body["code"], "previewOnly": is_preview })))
}

/// reqwest is built without JSON here.
trait JsonBody {
    fn json_body(self, body: &Value) -> Self;
}

impl JsonBody for reqwest::RequestBuilder {
    fn json_body(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }
}
