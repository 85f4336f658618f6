//! A proxy between a client and one server that fails as it is told, and counts what passes.
//!
//! A request is known by its line, `POST /xrpc/com.atproto.repo.applyWrites`; rules and counts take any part of it.
//! A fault that no request has met fails the test that asked for it, when the proxy heals or is dropped: a test of what
//! a program does about a fault shows nothing if there was none.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::stream;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use reqwest::{Body, Client};
use telecine::remote::http_client;
use tokio::net::{TcpListener, TcpStream};

pub use super::fault::{Answer, Fault};

/// How long the rest of a truncated body keeps the client waiting before the connection closes.
const BREAK: Duration = Duration::from_millis(20);

/// A proxy for one server. It ends when it is dropped.
///
/// # Panics
/// When it is dropped with faults that were never met.
#[derive(Debug)]
pub struct Proxy {
    url: String,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    server: String,
    client: Client,
    rules: Mutex<Vec<Rule>>,
    lines: Mutex<Vec<String>>,
    /// How many clients have begun to wait, with all done that is going to be done for them.
    kept: AtomicUsize,
}

/// What is done to the requests whose lines hold a text.
#[derive(Debug)]
struct Rule {
    part: String,
    /// One for each of the next requests; `None` lets it pass.
    next: VecDeque<Option<Fault>>,
    /// For all that come after.
    always: Option<Fault>,
    /// How many requests have met a fault of this rule.
    hits: usize,
}

impl Rule {
    /// The faults that no request has met, in words.
    fn unmet(&self) -> Option<String> {
        let left = self.next.iter().flatten().count();
        let is_waiting = left > 0 || (self.always.is_some() && self.hits == 0);
        is_waiting.then(|| format!("{:?}: {} faults met, {left} left", self.part, self.hits))
    }
}

impl Proxy {
    /// A proxy for the server at that address.
    pub fn of(server: &str) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        // Bytes pass as they are; the time limit is the client's concern.
        let client = http_client().no_gzip().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let shared = Arc::new(Shared {
            server: server.into(),
            client,
            rules: Mutex::default(),
            lines: Mutex::default(),
            kept: AtomicUsize::new(0),
        });
        let task = super::background().spawn({
            let shared = Arc::clone(&shared);
            async move { serve(TcpListener::from_std(listener).unwrap(), shared).await }
        });
        Proxy { url, shared, task }
    }

    /// The address to give to the client.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Does this to the next requests whose lines hold `part`: one fault for each, `None` lets one pass.
    pub fn next(&self, part: &str, faults: impl IntoIterator<Item = Option<Fault>>) {
        let next = faults.into_iter().collect();
        lock(&self.shared.rules).push(Rule { part: part.into(), next, always: None, hits: 0 });
    }

    /// Does this to the next request whose line holds `part`.
    pub fn once(&self, part: &str, fault: Fault) {
        self.next(part, [Some(fault)]);
    }

    /// Does this to every request whose line holds `part`.
    pub fn always(&self, part: &str, fault: Fault) {
        let next = VecDeque::new();
        lock(&self.shared.rules).push(Rule { part: part.into(), next, always: Some(fault), hits: 0 });
    }

    /// From now on, what was made to fail by that `part` passes.
    ///
    /// # Panics
    /// When there are faults among that which were never met.
    #[cfg(feature = "service")]
    pub fn forget(&self, part: &str) {
        let mut rules = lock(&self.shared.rules);
        let unmet: Vec<_> = rules.extract_if(.., |rule| rule.part == part).filter_map(|rule| rule.unmet()).collect();
        drop(rules);
        assert!(unmet.is_empty(), "faults were never met: {unmet:?}; the requests were {:#?}", self.lines());
    }

    /// From now on, everything passes.
    ///
    /// # Panics
    /// When there are faults that were never met.
    pub fn heal(&self) {
        let unmet: Vec<_> = std::mem::take(&mut *lock(&self.shared.rules)).iter().filter_map(Rule::unmet).collect();
        assert!(unmet.is_empty(), "faults were never met: {unmet:?}; the requests were {:#?}", self.lines());
    }

    /// The number of requests that were delayed so far: before the server got them, or before its response was sent on.
    pub fn kept(&self) -> usize {
        self.shared.kept.load(Ordering::SeqCst)
    }

    /// The lines of all requests so far, in the order in which they came, those that were made to fail included.
    pub fn lines(&self) -> Vec<String> {
        lock(&self.shared.lines).clone()
    }

    /// How many requests with `part` in their lines have come so far.
    pub fn count(&self, part: &str) -> usize {
        lock(&self.shared.lines).iter().filter(|line| line.contains(part)).count()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        // A test that fails already says why.
        if !std::thread::panicking() {
            self.heal();
        }
    }
}

impl Shared {
    /// Takes note of a request and says what is to be done to it. The rule that was made first goes first.
    fn meet(&self, line: String) -> Option<Fault> {
        let mut rules = lock(&self.rules);
        let rule =
            rules.iter_mut().find(|rule| line.contains(&rule.part) && (!rule.next.is_empty() || rule.always.is_some()));
        lock(&self.lines).push(line);
        let rule = rule?;
        let fault = rule.next.pop_front().unwrap_or_else(|| rule.always.clone());
        rule.hits += usize::from(fault.is_some());
        fault
    }

    /// Lets the server do it.
    async fn forward(&self, request: Request<Incoming>) -> reqwest::Result<reqwest::Response> {
        let (parts, body) = request.into_parts();
        let address = format!("{}{}", self.server, parts.uri);
        // With the header that names the host: requests to S3 are signed with it.
        self.client.request(parts.method, address).headers(parts.headers).body(Body::wrap(body)).send().await
    }

    /// `None` closes the connection.
    async fn answer(&self, request: Request<Incoming>) -> Option<Response<Body>> {
        let line = format!("{} {}", request.method(), request.uri());
        match self.meet(line) {
            None => Some(self.forward(request).await.ok()?.into()),
            Some(Fault::Delay(time)) => {
                self.kept.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(time).await;
                Some(self.forward(request).await.ok()?.into())
            }
            Some(Fault::DropBefore) => None,
            Some(Fault::DropAfter) => {
                self.forward(request).await.ok()?.bytes().await.ok()?;
                None
            }
            Some(Fault::Hold(time)) => {
                let answer = self.forward(request).await.ok()?;
                self.kept.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(time).await;
                Some(answer.into())
            }
            Some(Fault::Answer(answer)) => Some(answer.into()),
            Some(Fault::Bytes(bytes)) => Some(Response::new(bytes.into())),
            Some(Fault::AnswerAfter(answer)) => {
                self.forward(request).await.ok()?.bytes().await.ok()?;
                Some(answer.into())
            }
            Some(Fault::Truncate(length)) => cut(self.forward(request).await.ok()?, length, true).await,
            Some(Fault::Shorten(length)) => cut(self.forward(request).await.ok()?, length, false).await,
        }
    }
}

/// The response with this number of bytes of its body. The header gives the full length if the connection is to break.
async fn cut(answer: reqwest::Response, length: usize, breaks: bool) -> Option<Response<Body>> {
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    let whole = answer.bytes().await.ok()?;
    let kept = whole.slice(..length.min(whole.len()));
    // Whatever the server had: chunks have no length that could be wrong.
    headers.remove("transfer-encoding");
    headers.insert("content-length", if breaks { whole.len() } else { kept.len() }.into());
    let rest = stream::once(async {
        tokio::time::sleep(BREAK).await;
        Err(std::io::Error::other("broken on purpose"))
    });
    let body = if breaks {
        Body::wrap_stream(futures_util::StreamExt::chain(stream::iter([Ok(kept)]), rest))
    } else {
        Body::from(kept)
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Some(response)
}

impl From<Answer> for Response<Body> {
    fn from(answer: Answer) -> Self {
        let mut response = Response::builder().status(answer.status);
        for (name, value) in answer.headers {
            response = response.header(name, value);
        }
        response.body(Body::from(answer.body)).unwrap()
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((connection, _)) = listener.accept().await else { continue };
        tokio::spawn(serve_one(connection, Arc::clone(&shared)));
    }
}

async fn serve_one(connection: TcpStream, shared: Arc<Shared>) {
    connection.set_nodelay(true).unwrap();
    let service = service_fn(|request| {
        let shared = Arc::clone(&shared);
        // An error makes hyper close the connection without an answer.
        async move { shared.answer(request).await.ok_or_else(|| std::io::Error::other("dropped on purpose")) }
    });
    // Ends with an error whenever a connection was dropped.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(connection), service).await;
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}
