//! What systemd does with the service: it holds its socket, and hears when it is ready, alive and stopping.

use std::fs;
use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use mongodb::bson::doc;
use reqwest::StatusCode;

use super::load::Load;
use super::{Serving, eventually, request};
use crate::stack::http;
use crate::stack::site::Site;
use crate::support::command::{TELECINE, Workshop, run};

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_refuses_nobody_who_posts_meanwhile() {
    let site = Site::new().await;
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/bake", socket.local_addr().unwrap());
    let first = Serving::on(&socket, &site, &[]);
    let zip = format!("{}/{}/x.zip", site.environment()["ART_SPACES_ENDPOINT"], site.user_bucket());
    let post = async |number: usize| {
        let body = request("64b000000000000000000001", &format!("r{number}"), &zip, "http://127.0.0.1:9/x");
        let posted = http().post(&address).body(body.to_string()).send().await;
        posted.unwrap_or_else(|error| panic!("{number}: {error:?}")).status()
    };
    assert_eq!(post(0).await, StatusCode::OK);
    let restart = async {
        assert_eq!(tokio::task::spawn_blocking(move || first.stop()).await.unwrap(), 0);
        Serving::on(&socket, &site, &[])
    };
    // One after the other, four at a time, until the second service runs and for a while after that.
    let posting = stream::iter(1..200).map(post).buffer_unordered(4).collect::<Vec<_>>();
    let (second, statuses) = tokio::join!(restart, posting);
    assert!(statuses.iter().all(|status| *status == StatusCode::OK), "{statuses:?}");
    // A list misses what moves while it is read; what was accepted is in it sooner or later.
    eventually("all that was accepted", async || {
        let (_, listed) = second.get("/api/jobs?kind=bake&limit=500").await;
        (listed["jobs"].as_array().unwrap().len() == 200).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_supervisor_hears_that_it_is_ready_and_alive_and_that_it_stops() {
    let site = Site::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let supervisor = UnixDatagram::bind(&path).unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    // Reads all that comes, as systemd does: who tells it something waits while it does not.
    std::thread::spawn(move || {
        let mut message = [0; 512];
        while let Ok(length) = supervisor.recv(&mut message) {
            if sender.send(String::from_utf8_lossy(&message[..length]).into_owned()).is_err() {
                return;
            }
        }
    });
    let settings = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "400000")];
    let oven = Serving::start(&site, &settings);
    let hear = |what: &str| {
        while !receiver.recv_timeout(Duration::from_mins(1)).unwrap_or_else(|_| panic!("{what}")).contains(what) {}
    };
    hear("READY=1");
    hear("WATCHDOG=1");
    hear("STATUS=0 baking, 0 queued");
    hear("WATCHDOG=1");
    let stopped = tokio::task::spawn_blocking(move || oven.stop());
    hear("STOPPING=1");
    assert_eq!(stopped.await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once_and_loses_nothing_either() {
    let mut load = Load::on(Site::new().await).await;
    // Takes what it is sent, and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let oven = Serving::start(&load.site, &[super::AT_ONCE]);
    let url = format!("http://{}/", silent.local_addr().unwrap());
    load.add_to(&oven, &url).await;
    let _open = silent.accept().await.unwrap();
    oven.terminate();
    eventually("the first signal", async || {
        let ready = http().get(oven.url("/ready")).send().await.unwrap();
        (ready.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(())
    })
    .await;
    // It waits for its callback, for half a minute more.
    let started = std::time::Instant::now();
    oven.terminate();
    assert_ne!(tokio::task::spawn_blocking(move || oven.ended()).await.unwrap(), 0);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    let undelivered = doc! { "work.kind": "callback", "work.bake.callback_url": url, "due": { "$exists": true } };
    assert_eq!(load.jobs().count_documents(undelivered).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_asked_how_it_is_by_a_command() {
    let site = Site::new().await;
    let oven = Serving::start(&site, &[]);
    let address = oven.url("").replace("http://", "");
    let ask = async |command: &'static str, address: &str| {
        let workshop = Workshop::new();
        let mut asked = workshop.telecine(command);
        asked.env("TELECINE_LISTEN", address);
        tokio::task::spawn_blocking(move || run(&mut asked)).await.unwrap()
    };
    let alive = ask("health", &address).await.succeeds();
    assert_eq!(alive.json()[0]["status"], "ok");
    let ready = ask("health --ready", &address).await.succeeds();
    assert_eq!(ready.json()[0]["status"], "ready");
    let port = address.rsplit(':').next().unwrap();
    ask("health", &format!("0.0.0.0:{port}")).await.succeeds();
    assert_eq!(tokio::task::spawn_blocking(move || oven.stop()).await.unwrap(), 0);
    let gone = ask("health", &address).await;
    assert_eq!((gone.code, gone.stdout()), (Some(1), ""));
    let expected = format!("error: health: http://{address}/health gave no response");
    assert!(gone.stderr.starts_with(&expected), "{}", gone.stderr);
}

#[test]
fn the_units_are_ones_that_systemd_takes_and_shut_the_service_in() {
    let root = tempfile::tempdir().unwrap();
    // The units name a binary that is not installed where they are tested.
    let units = ["telecine.service", "telecine.socket"].map(|name| {
        let unit = fs::read_to_string(format!("{}/packaging/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let path = root.path().join(name);
        fs::write(&path, unit.replace("/usr/bin/telecine", TELECINE)).unwrap();
        path
    });
    let analyze = |arguments: &[&str], units: &[PathBuf]| {
        let analyzed = Command::new("systemd-analyze").args(arguments).args(units).output().unwrap();
        let told = String::from_utf8_lossy(&[analyzed.stdout, analyzed.stderr].concat()).into_owned();
        assert!(analyzed.status.success(), "{arguments:?}\n{told}");
        told
    };
    assert_eq!(analyze(&["verify", "--man=no"], &units), "");
    // Tenths: an exposure of 2.0 at most.
    analyze(&["security", "--offline=true", "--no-pager", "--threshold=20"], &units[..1]);
}
