//! Real servers for tests: mongod, the reference PDS, S3, NATS; and a proxy that makes them fail.
//!
//! [`stack`] is shared by all tests of the process and starts with the first that asks. A test that must not meet others
//! in a database takes a [`site::Site`]; one that stops servers or sets them up differently takes [`Stack::start`].
//! `scripts/stack serve` does the work, and ends with its standard input: when this process is gone, however it went,
//! so are the servers.

#[cfg(feature = "service")]
pub mod cable;
mod fault;
mod objects;
pub mod pds;
pub mod proxy;
pub mod s3;
pub mod site;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex, MutexGuard};

use mongodb::bson::doc;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// The identity of an S3 server.
const KEY: &str = "STACKKEY";
const SECRET: &str = "stack-secret";

/// Where servers in this process run: tests have runtimes of their own, which end with them.
pub fn background() -> &'static Runtime {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("threads can be started"));
    &RUNTIME
}

/// A client that is no part of the program.
pub fn http() -> reqwest::Client {
    telecine::remote::http_client().build().expect("nothing is set that could be wrong")
}

/// The servers that all tests share.
pub fn stack() -> &'static Stack {
    static STACK: LazyLock<Stack> = LazyLock::new(|| Stack::start(&[]));
    &STACK
}

/// The environment variables with the addresses of the servers.
pub type Environment = BTreeMap<String, String>;

/// A set of servers. They end when it is dropped.
#[derive(Debug)]
pub struct Stack {
    supervisor: Mutex<Supervisor>,
    s3: tokio::task::JoinHandle<()>,
    environment: Environment,
}

/// What the supervisor says of its servers.
#[derive(Debug, Deserialize)]
struct State {
    folder: PathBuf,
    environment: Environment,
}

/// `scripts/stack serve`.
#[derive(Debug)]
struct Supervisor {
    process: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// The servers that can be stopped and started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    Mongod,
    Pds,
    #[cfg(feature = "service")]
    Nats,
}

impl Stack {
    /// Starts a set of its own, with these variables for the PDS: `[("PDS_RATE_LIMITS_ENABLED", "true")]`. The release
    /// of the PDS is the newest, or what `TELECINE_PDS` says.
    pub fn start(pds_variables: &[(&str, &str)]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/stack");
        let mut command = Command::new(script);
        command.args(["serve", "--only", "mongod,pds,nats"]);
        command.args(pds_variables.iter().map(|(name, value)| format!("--set={name}={value}")));
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3 is installed");
        let commands = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("its output is piped"));
        let mut supervisor = Supervisor { process, commands, answers };
        let state = supervisor.state();

        let objects = state.folder.join("s3");
        std::fs::create_dir(&objects).expect("the supervisor's folder is ours to fill");
        let (address, s3) = background_s3(objects);
        let mut environment = state.environment;
        let s3_variables = [("ENDPOINT", format!("http://{address}")), ("KEY", KEY.into()), ("SECRET", SECRET.into())];
        environment.extend(s3_variables.map(|(name, value)| (format!("ART_SPACES_{name}"), value)));
        Stack { supervisor: Mutex::new(supervisor), s3, environment }
    }

    /// The settings of the servers for programs.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The address of the PDS.
    pub fn pds_url(&self) -> &str {
        &self.environment["PDS_URL"]
    }

    /// Kills a server, so that it has no time to close its files.
    pub fn kill(&self, server: Server) {
        self.supervisor().tell("kill", server);
    }

    /// Stops a server.
    pub fn stop(&self, server: Server) {
        self.supervisor().tell("stop", server);
    }

    /// Starts a server again, at its old address and with its old data, and waits until it is ready.
    pub fn restart(&self, server: Server) {
        self.supervisor().tell("start", server);
    }

    /// Makes mongod give up being the primary, which it takes a second or two to be again.
    pub async fn step_down(&self) {
        // A client of its own: connections of others may be from before mongod was started again.
        let client = mongodb::Client::with_uri_str(&self.environment["MONGODB_CONNECTION_STRING"]).await.unwrap();
        let command = doc! { "replSetStepDown": 1, "secondaryCatchUpPeriodSecs": 0, "force": true };
        client.database("admin").run_command(command).await.unwrap();
    }

    fn supervisor(&self) -> MutexGuard<'_, Supervisor> {
        self.supervisor.lock().expect("no test panics while it holds this")
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.s3.abort();
        let mut supervisor = self.supervisor();
        drop(supervisor.commands.take());
        supervisor.process.wait().expect("it is our child");
    }
}

impl Supervisor {
    fn state(&mut self) -> State {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("it writes text");
        assert!(!line.is_empty(), "the servers did not start; scripts/stack has said why");
        serde_json::from_str(&line).expect("it writes JSON")
    }

    fn tell(&mut self, what: &str, server: Server) {
        let name = match server {
            Server::Mongod => "mongod",
            Server::Pds => "pds",
            #[cfg(feature = "service")]
            Server::Nats => "nats",
        };
        let commands = self.commands.as_mut().expect("it takes commands until it is dropped");
        writeln!(commands, "{what} {name}").expect("it reads commands until it is dropped");
        self.state();
    }
}

/// Starts S3 in this process on a free port.
fn background_s3(folder: PathBuf) -> (std::net::SocketAddr, tokio::task::JoinHandle<()>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("there are free ports");
    listener.set_nonblocking(true).expect("sockets can be");
    let address = listener.local_addr().expect("it is bound");
    let serve = async move {
        let listener = TcpListener::from_std(listener).expect("it does not block");
        s3::serve(listener, &folder, KEY, SECRET).await;
    };
    (address, background().spawn(serve))
}
