//! An endpoint of webhooks, which keeps what it gets, and the operator's commands that subscribe it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::IntoResponse;
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::sync::Semaphore;

use super::{database, eventually};
use crate::stack::background;
use crate::stack::site::Site;
use crate::support::command::{Run, Workshop, run};

/// An endpoint, and what it got.
pub struct Endpoint {
    base: String,
    shared: Arc<Shared>,
}

struct Shared {
    got: Mutex<Vec<Delivery>>,
    /// What it responds with next: a status and headers. 204 once there is none.
    responses: Mutex<VecDeque<Reply>>,
    /// Open unless it hangs.
    door: Semaphore,
}

/// A status and headers.
type Reply = (u16, Vec<(&'static str, String)>);

/// A request that came.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub headers: HeaderMap,
    pub body: String,
}

impl Delivery {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// The id of the event.
    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn event_type(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    /// Whether the standard's own library verifies it with that secret.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        Webhook::new(secret).unwrap().verify(self.body.as_bytes(), &self.headers).is_ok()
    }
}

impl Endpoint {
    /// Listens on this machine.
    pub async fn new() -> Endpoint {
        let shared = Arc::new(Shared {
            got: Mutex::default(),
            responses: Mutex::default(),
            door: Semaphore::new(Semaphore::MAX_PERMITS),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().fallback(take).with_state(shared.clone());
        background().spawn(async move { axum::serve(listener, routes).await });
        Endpoint { base, shared }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("{}/hooks/secret", self.base)
    }

    /// What it got so far.
    pub fn got(&self) -> Vec<Delivery> {
        self.shared.got.lock().unwrap().clone()
    }

    /// Waits for this number of events, and returns them.
    pub async fn gets(&self, count: usize) -> Vec<Delivery> {
        eventually("deliveries", async || Some(self.got()).filter(|got| got.len() >= count)).await
    }

    /// What it responds with next.
    pub fn responds(&self, status: u16, headers: &[(&'static str, &str)]) {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.shared.responses.lock().unwrap().push_back((status, headers));
    }

    /// Takes requests from now on, and does not respond.
    pub fn hangs(&self) {
        self.shared.door.forget_permits(Semaphore::MAX_PERMITS);
    }
}

async fn take(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let body = String::from_utf8(body.to_vec()).unwrap();
    shared.got.lock().unwrap().push(Delivery { headers, body });
    let _open = shared.door.acquire().await;
    let (status, headers) = shared.responses.lock().unwrap().pop_front().unwrap_or((204, vec![]));
    let response = Response::builder().status(StatusCode::from_u16(status).unwrap());
    let response = headers.iter().fold(response, |response, (name, value)| response.header(*name, value));
    response.body(String::new()).unwrap()
}

/// Runs the program for a site, as the operator does beside its service.
pub async fn telecine(site: &Site, arguments: &str, settings: &[(&str, &str)]) -> Run {
    let workshop = Workshop::new();
    let mut command = workshop.telecine(arguments);
    command.envs(site.environment()).env("TELECINE_DATABASE", database(site)).envs(settings.iter().copied());
    let run = tokio::task::spawn_blocking(move || run(&mut command)).await.unwrap();
    drop(workshop);
    run
}

/// The same, for an endpoint on this machine; returns what was printed as JSON.
pub async fn webhooks(site: &Site, arguments: &str) -> Value {
    let run = telecine(site, &format!("webhooks {arguments} --json"), &[("TELECINE_ALLOW_LOOPBACK", "yes")]).await;
    run.succeeds().json().into_iter().next().unwrap()
}

/// An endpoint as it was subscribed.
pub struct Subscribed {
    pub id: String,
    pub secret: String,
}

/// Subscribes an endpoint, with further arguments.
pub async fn subscribe(site: &Site, endpoint: &Endpoint, arguments: &str) -> Subscribed {
    let added = webhooks(site, &format!("add {} {arguments}", endpoint.url())).await;
    let text = |name: &str| added[name].as_str().unwrap().to_owned();
    Subscribed { id: text("id"), secret: text("secret") }
}
