//! The site's end of the oven's contract: what it sends, and its receiver of callbacks, which makes a record whenever it
//! is not asked to make none.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
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
    /// What it asks of the service while the callback is open.
    pub oven: Option<String>,
}

impl Received {
    /// The codes of the tapes that it was told of.
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

    /// Waits until it has made so many records, and makes sure that there are no more.
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
    Query(query): Query<BTreeMap<String, String>>,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    tokio::spawn(completed(site, query, body)).await.unwrap()
}

/// As the site's oven-complete does it.
async fn completed(site: Arc<Shared>, query: BTreeMap<String, String>, body: Value) -> (StatusCode, Json<Value>) {
    let is_preview = query.get("previewOnly").is_some_and(|value| value == "1");
    let asked = if is_preview { "previewOnly=1" } else { "" };
    let oven = {
        let mut state = site.state.lock().unwrap();
        state.bodies.push((asked.into(), body.clone()));
        state.oven.clone()
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
    if !is_preview {
        if let Some(oven) = oven {
            // The site calls back in while its answer is awaited.
            let said = json!({ "code": body["code"], "status": "uploading-atproto", "details": "…" });
            let response = http().post(format!("{oven}/bake-status")).json_body(&said).send().await.unwrap();
            assert!(response.status().is_success());
        }
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
