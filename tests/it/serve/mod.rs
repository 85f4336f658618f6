//! `telecine serve`, run as an operator runs it, between a site that is made here and real servers.

mod alerts;
mod axe;
mod board;
mod check;
mod chromium;
mod closed;
mod endpoint;
mod fake_site;
mod faults;
mod fleet;
mod kills;
mod load;
mod looks;
mod mirror;
mod oven;
mod queue;
mod removal;
mod stream;
mod supervised;
mod transcript;
mod watch;
mod webhooks;

use std::fmt::Debug;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mongodb::Collection;
use mongodb::bson::Document;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::stack::http;
use crate::stack::site::Site;
use crate::support::command::{TELECINE, Workshop};
use crate::support::memory::peak;
use fake_site::FakeSite;

/// What the site and the service prove themselves by.
pub const SECRET: &str = "the oven's secret";

/// How long anything may take that is waited for, on a slow and busy machine.
const LIMIT: Duration = Duration::from_mins(2);

/// How often is looked whether what is waited for has happened.
const LOOK: Duration = Duration::from_millis(50);

/// The service, running. It is killed when this is dropped.
pub struct Serving {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    address: String,
    workshop: Workshop,
}

impl Serving {
    /// Starts it for a site, with further settings.
    pub fn start(site: &Site, settings: &[(&str, &str)]) -> Serving {
        Serving::with("", site, settings)
    }

    /// The same with further arguments.
    pub fn with(arguments: &str, site: &Site, settings: &[(&str, &str)]) -> Serving {
        let workshop = Workshop::new();
        let command = workshop.telecine(&format!("serve --drain 30s {arguments}"));
        Serving::run(command, workshop, site, settings)
    }

    /// Starts it on a socket that is open already, as systemd does.
    pub fn on(socket: &TcpListener, site: &Site, settings: &[(&str, &str)]) -> Serving {
        // Inherited by all that the test starts, and at 3 where the service looks for it.
        rustix::io::fcntl_setfd(socket, rustix::io::FdFlags::empty()).unwrap();
        let script = format!("export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$@\" 3<&{}", socket.as_raw_fd());
        let workshop = Workshop::new();
        let mut command = Command::new("bash");
        command.args(["-c", &script, "bash", TELECINE, "serve", "--drain", "30s"]);
        Serving::run(command, workshop, site, settings)
    }

    /// Starts it with a folder for temporary files that is full, until [`Serving::make_room`].
    pub fn on_full_disk(site: &Site, settings: &[(&str, &str)]) -> Serving {
        let workshop = Workshop::new();
        std::fs::create_dir(workshop.path("tmp")).unwrap();
        let script = format!("head -c 8m /dev/zero >tmp/filler; exec {TELECINE} serve --drain 30s");
        let mut command = workshop.with_mount("size=8m", "tmp", &script);
        command.env("TMPDIR", workshop.path("tmp"));
        Serving::run(command, workshop, site, settings)
    }

    /// Starts it where a script has changed what is mounted; `x` is a folder that is empty.
    pub fn in_mount(script: &str, site: &Site, settings: &[(&str, &str)]) -> Serving {
        let workshop = Workshop::new();
        std::fs::create_dir(workshop.path("x")).unwrap();
        let command = workshop.with_mount("size=1m", "x", &format!("{script}; exec {TELECINE} serve --drain 30s"));
        Serving::run(command, workshop, site, settings)
    }

    /// The most memory that it has had, in bytes.
    pub fn peak(&self) -> u64 {
        peak(self.child.id()).expect("it runs")
    }

    /// Empties the folder for temporary files of a service that has a full one.
    pub fn make_room(&self) {
        // As the service sees the folder: for others, nothing is mounted there.
        let filler = self.workshop.path("tmp/filler");
        let seen = format!("/proc/{}/root{}", self.child.id(), filler.display());
        std::fs::remove_file(seen).unwrap();
    }

    fn run(mut command: Command, workshop: Workshop, site: &Site, settings: &[(&str, &str)]) -> Serving {
        command.envs(site.environment());
        command.env("TELECINE_DATABASE", database(site));
        // Receivers of tests are on this machine, so that they are sent the secret.
        command.env("TELECINE_CALLBACK_URL", "http://127.0.0.1:9/api/oven-complete");
        command.env("TELECINE_LISTEN", "127.0.0.1:0").env("TELECINE_ALLOW_LOOPBACK", "yes");
        command.env("TELECINE_SETTLE", "1s").env("TELECINE_LOG", "info").env("CALLBACK_SECRET", SECRET);
        command.envs(settings.iter().copied());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (sender, receiver) = std::sync::mpsc::channel();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let kept = log.clone();
        // Reads until the service has ended.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some(address) = line.strip_prefix("listening on ") {
                    let _ = sender.send(address.to_owned());
                }
                kept.lock().unwrap().push(line);
            }
        });
        let mut serving = Serving { child, log, address: String::new(), workshop };
        let address = receiver.recv_timeout(LIMIT);
        serving.address = address.unwrap_or_else(|_| panic!("the service does not listen\n{}", serving.log()));
        serving
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// Sends JSON, and returns the status and the JSON that come back.
    pub async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        self.post_raw(path, serde_json::to_vec(body).unwrap()).await
    }

    /// Sends a body, and returns the status and the JSON that come back.
    pub async fn post_raw(&self, path: &str, body: Vec<u8>) -> (StatusCode, Value) {
        let request = http().post(self.url(path)).header("content-type", "application/json").body(body);
        let response = request.send().await.unwrap();
        read(response).await
    }

    /// Gets JSON.
    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        let response = http().get(self.url(path)).send().await.unwrap();
        read(response).await
    }

    /// Asks for a bake, as the site does.
    pub async fn bake(&self, site: &FakeSite, tape: &Document, query: &str) -> (StatusCode, Value) {
        self.post("/bake", &site.request(tape, query)).await
    }

    /// Kills it, so that it has no time for anything.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends the signal by which systemd stops it.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends it a signal: `STOP`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// Stops it as systemd does, and waits until it has ended.
    pub fn stop(self) -> i32 {
        self.terminate();
        self.ended()
    }

    /// Waits until it has ended, and returns its exit code.
    pub fn ended(mut self) -> i32 {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            assert!(started.elapsed() < LIMIT, "the service does not end\n{}", self.log());
            std::thread::sleep(LOOK);
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("── the service said\n{}", self.log());
        }
    }
}

async fn read(response: reqwest::Response) -> (StatusCode, Value) {
    let (status, body) = (response.status(), response.bytes().await.unwrap());
    (status, serde_json::from_slice(&body).unwrap_or_else(|_| panic!("{status}: {body:?}")))
}

/// The database of the service's own for a site.
pub fn database(site: &Site) -> String {
    format!("{}-telecine", site.database().name())
}

/// What the service has stored for a site, in a collection of its own database.
pub fn stored(site: &Site, collection: &str) -> Collection<Document> {
    site.database().client().database(&database(site)).collection(collection)
}

/// Leaves nothing to the site: what is late is late because of something else.
pub const AT_ONCE: (&str, &str) = ("TELECINE_SETTLE", "0s");

/// Looks until a look succeeds; after [`LIMIT`], what the last one found instead.
async fn within_limit<T, E>(mut look: impl AsyncFnMut() -> Result<T, E>) -> Result<T, E> {
    let started = Instant::now();
    loop {
        match look().await {
            Err(_) if started.elapsed() < LIMIT => tokio::time::sleep(LOOK).await,
            looked => return looked,
        }
    }
}

/// Looks until something has happened.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looked = within_limit(async || look().await.ok_or(())).await;
    looked.unwrap_or_else(|()| panic!("{what}: not within {LIMIT:?}"))
}

/// Looks until nothing is left.
pub async fn until_none_is_left<T: Debug>(what: &str, mut look: impl AsyncFnMut() -> Vec<T>) {
    let none_is_left = async || {
        let left = look().await;
        if left.is_empty() { Ok(()) } else { Err(left) }
    };
    if let Err(left) = within_limit(none_is_left).await {
        panic!("{what}: left after {LIMIT:?}: {left:#?}");
    }
}

/// The request to bake that the site would send, as it is.
pub fn request(mongo_id: &str, code: &str, zip_url: &str, callback_url: &str) -> Value {
    json!({
        "mongoId": mongo_id, "slug": format!("tape-{code}"), "code": code, "zipUrl": zip_url,
        "callbackUrl": callback_url, "callbackSecret": SECRET,
    })
}
