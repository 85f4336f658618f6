//! Changes of jobs as server-sent events. A client that reconnects sends the last event it saw, and receives the missed
//! ones.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::broadcast::error::RecvError;

use crate::serve::feed::{Feed, Update};
use crate::serve::service::Service;

/// The most watchers. Each takes a connection and some kilobytes.
const MOST: usize = 10_000;

/// How often a watcher receives at least a comment.
const ALIVE: Duration = Duration::from_secs(15);

/// A counted watcher.
pub struct Watcher(Arc<AtomicUsize>);

impl Watcher {
    /// Counts another watcher, unless the limit is reached.
    pub fn new(watchers: &Arc<AtomicUsize>) -> Option<Watcher> {
        let watcher = Watcher(watchers.clone());
        (watchers.fetch_add(1, Ordering::Relaxed) < MOST).then_some(watcher)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Streams changes until the service stops.
pub async fn events(State(service): State<Arc<Service>>, headers: HeaderMap) -> Response {
    let Some(watcher) = Watcher::new(&service.watchers) else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    // An id that is not text is not ours.
    let last = headers.get("last-event-id").map(|last| last.to_str().unwrap_or_default());
    let events = told(&service, last, watcher).map(Ok::<_, Infallible>);
    let headers = [(CACHE_CONTROL, "no-store"), (HeaderName::from_static("x-accel-buffering"), "no")];
    (headers, Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE))).into_response()
}

fn told(service: &Service, last: Option<&str>, watcher: Watcher) -> impl Stream<Item = Event> + use<> {
    let (missed, updates) = service.feed.watch(last);
    // A random delay, so that clients that were disconnected together do not reconnect together.
    let retry = Duration::from_millis(1_000 + fastrand::u64(..2_000));
    let hello = Event::default().event("hello").retry(retry).data(env!("CARGO_PKG_VERSION"));
    let first = match missed {
        Some(missed) => missed.iter().map(|update| event(&service.feed, update)).collect(),
        None => vec![reload()],
    };
    let live = stream::unfold((service.feed.clone(), updates, watcher), async |(feed, mut updates, watcher)| {
        let event = match updates.recv().await {
            Ok(update) => event(&feed, &update),
            Err(RecvError::Lagged(_)) => reload(),
            Err(RecvError::Closed) => return None,
        };
        Some((event, (feed, updates, watcher)))
    });
    let ended = service.stopping.clone().cancelled_owned();
    let goodbye = stream::once(async { Event::default().event("goodbye").data("the service stops") });
    stream::once(async { hello }).chain(stream::iter(first)).chain(live).take_until(ended).chain(goodbye)
}

fn event(feed: &Feed, update: &Update) -> Event {
    let event = Event::default().event("job").id(feed.id(update));
    event.json_data(&update.job).unwrap_or_else(|_| reload())
}

/// Tells the client that it has missed changes and must reload.
fn reload() -> Event {
    Event::default().event("reload").data("changes were missed")
}
