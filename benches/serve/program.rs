//! The service, started for a site, and the conversion of one tape.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::stack::site::{Account, Site};
use crate::stack::{background, http};

const TELECINE: &str = env!("CARGO_BIN_EXE_telecine");

/// What opens `/bake`.
pub const SECRET: &str = "bench";

/// The service, running. It is killed when this is dropped.
pub struct Serving {
    child: Child,
    pub address: String,
}

impl Serving {
    pub fn start(site: &Site, settings: &[(&str, &str)]) -> Serving {
        Serving::run(Command::new(TELECINE), site, settings)
    }

    /// The same on one core of the machine.
    pub fn on_core(core: usize, site: &Site, settings: &[(&str, &str)]) -> Serving {
        Serving::run(on_core(core), site, settings)
    }

    fn run(mut command: Command, site: &Site, settings: &[(&str, &str)]) -> Serving {
        command.arg("serve").envs(site.environment());
        command.env("CALLBACK_SECRET", SECRET).env("TELECINE_ADMIN_TOKEN", SECRET);
        command.env("TELECINE_DATABASE", database(site));
        command.env("TELECINE_LISTEN", "127.0.0.1:0").env("TELECINE_ALLOW_LOOPBACK", "yes");
        let mut child = command.envs(settings.iter().copied()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("listening on ").map(str::to_owned));
        // The rest is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Serving { child, address: address.expect("it listens") }
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// The processor time that it has used, in seconds.
    pub fn seconds_of_cpu(&self) -> f64 {
        seconds_of_cpu(self.child.id())
    }

    /// What a counter of its metrics says, summed over its labels.
    pub async fn counted(&self, name: &str) -> u64 {
        let metrics = http().get(format!("{}/metrics", self.address)).bearer_auth(SECRET).send().await.unwrap();
        let metrics = metrics.text().await.unwrap();
        let values = metrics.lines().filter(|line| line.starts_with(name)).filter_map(|line| line.rsplit_once(' '));
        values.map(|(_, value)| value.parse::<u64>().unwrap()).sum()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The service's own database for a site.
pub fn database(site: &Site) -> String {
    format!("{}-telecine", site.database().name())
}

/// The address at which the site has put the ZIP of a user's tape.
pub fn zip_url(site: &Site, owner: &Account, code: &str) -> String {
    let user = owner.sub.replace('|', "%7C");
    format!("{}/{}/{user}/tape-{code}.zip", site.environment()["ART_SPACES_ENDPOINT"], site.user_bucket())
}

/// Posts a tape to the service at that address, as the site does.
pub async fn post(address: &str, mongo_id: &str, code: &str, zip_url: &str, callback_url: &str) {
    static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(http);
    let body = json!({
        "mongoId": mongo_id, "slug": format!("tape-{code}"), "code": code, "zipUrl": zip_url,
        "callbackUrl": callback_url, "callbackSecret": SECRET,
    });
    let posted = CLIENT.post(format!("{address}/bake")).body(body.to_string()).send().await.unwrap();
    assert!(posted.status().is_success(), "{}", posted.status());
}

/// The program on one core of the machine.
fn on_core(core: usize) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &core.to_string(), TELECINE]);
    command
}

/// How long the conversion of a tape takes.
pub fn convert(zip: &[u8]) -> Duration {
    converted(Command::new(TELECINE), &[zip])
}

/// The time to convert these tapes, divided among one program per core.
pub fn convert_on_cores(cores: usize, zips: &[&[u8]]) -> Duration {
    let started = Instant::now();
    std::thread::scope(|scope| {
        for core in 0..cores {
            let share: Vec<_> = zips.iter().skip(core).step_by(cores).copied().collect();
            scope.spawn(move || converted(on_core(core), &share));
        }
    });
    started.elapsed()
}

fn converted(mut command: Command, zips: &[&[u8]]) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    command.arg("convert").current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
    for (number, zip) in zips.iter().enumerate() {
        let name = format!("{number}.zip");
        std::fs::write(folder.path().join(&name), zip).unwrap();
        command.arg(name);
    }
    let started = Instant::now();
    assert!(command.status().unwrap().success());
    started.elapsed()
}

/// The processor time that a process has used, in seconds.
pub fn seconds_of_cpu(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // After the name, which ends with the last parenthesis: user and system time are the 12th and 13th, in ticks.
    let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = [11, 12].iter().map(|index| fields[*index].parse::<u64>().unwrap()).sum();
    ticks as f64 / 100.0
}

/// The address of a receiver that accepts every callback.
pub async fn receiver() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    background().spawn(async move { axum::serve(listener, axum::Router::new().fallback(async || "{}")).await });
    address
}
