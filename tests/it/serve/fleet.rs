//! Many processes are one service: fronts and workers that share a database and a NATS server, each of which may go away.

use std::time::Duration;

use mongodb::bson::{Document, doc};
use reqwest::StatusCode;
use telecine::record::Medium;

use super::fake_site::FakeSite;
use super::kills::{kills, moment};
use super::load::Load;
use super::stream::{self, nats};
use super::{AT_ONCE, Serving, database, eventually, stored, until_none_is_left};
use crate::stack::cable::Cable;
use crate::stack::proxy::{Fault, Proxy};
use crate::stack::site::{Account, Site};
use crate::stack::{Server, Stack, http, stack};
use crate::support::command::{Workshop, run};
use crate::support::tape::TapeBuilder;

fn front(site: &Site) -> Serving {
    Serving::start(site, &[AT_ONCE, ("TELECINE_ROLE", "front"), ("TELECINE_QUEUE", nats(site))])
}

/// A worker that reaches NATS by an address.
fn worker_at(site: &Site, address: &str) -> Serving {
    Serving::start(site, &[AT_ONCE, ("TELECINE_ROLE", "worker"), ("TELECINE_QUEUE", address)])
}

fn worker(site: &Site) -> Serving {
    worker_at(site, nats(site))
}

/// Runs a command for a site, as the operator does beside the service.
fn operator(site: &Site, arguments: &str) -> crate::support::command::Run {
    let workshop = Workshop::new();
    let mut command = workshop.telecine(arguments);
    command.envs(site.environment()).env("TELECINE_DATABASE", database(site)).env("TELECINE_QUEUE", nats(site));
    run(&mut command)
}

/// Waits until the stream holds no message.
async fn is_empty(site: &Site) {
    stream::is_empty_after(site, async || ()).await;
}

/// The job that bakes the only tape.
async fn bake_of(site: &Site, filter: Document) -> Option<Document> {
    let mut all = doc! { "work.kind": "bake" };
    all.extend(filter);
    stored(site, "jobs").find_one(all).await.unwrap()
}

/// A user makes a tape, which is posted to a front.
async fn post(site: &Site, receiver: &FakeSite, front: &Serving, code: &str, tape: &TapeBuilder) -> Account {
    let owner = site.account("maker").await;
    let id = site.add_tape(&owner, code, tape).await;
    let item = site.item(Medium::Tape, id).await;
    assert_eq!(front.bake(receiver, &item, "").await.0, StatusCode::OK);
    owner
}

/// `TELECINE_KILLS=250 cargo test --test it -- serve::fleet::whatever` is five hundred tapes and as many deaths.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_dies_or_is_cut_off_every_tape_has_one_video_and_one_record() {
    let stack = Stack::start(&[]);
    let site = Site::on(&stack).await;
    let mut cable = Cable::to(nats(&site).strip_prefix("nats://").unwrap());
    // A second and a half at 30 frames a second.
    let mut load = Load::of(site, TapeBuilder::numbered(64, 48, 45)).await;
    let fronts = [front(&load.site), front(&load.site)];
    let at_cable = format!("nats://{}", cable.address());
    let cut_off = worker_at(&load.site, &at_cable);
    let connected = async || cut_off.log().contains("connected to NATS").then_some(());
    eventually("a connection by the cable", connected).await;
    let _steady = [worker(&load.site), worker(&load.site)];
    for round in 0..kills() as usize {
        let short_lived = [worker(&load.site), worker(&load.site)];
        load.add(&fronts[round % 2]).await;
        match round % 3 {
            0 => stack.kill(Server::Nats),
            1 => {
                // The server may have been away until a moment ago.
                eventually("a connection by the cable", async || cable.is_used().then_some(())).await;
                cable.pull();
            }
            _ => {}
        }
        load.add(&fronts[(round + 1) % 2]).await;
        tokio::time::sleep(moment()).await;
        short_lived.into_iter().for_each(Serving::kill);
        match round % 3 {
            0 => stack.restart(Server::Nats),
            1 => cable.mend(),
            _ => {}
        }
    }
    // A job is parked after three workers in a row have died with it, which may happen by chance when most of them die.
    let retry = async || {
        operator(&load.site, "jobs retry --cause worker.died");
        load.open_jobs().await
    };
    until_none_is_left("open jobs", retry).await;
    load.is_done_once().await;
    is_empty(&load.site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_stood_still_until_its_lease_was_over_finds_its_job_done_by_another() {
    let proxy = Proxy::of(&stack().environment()["ART_SPACES_ENDPOINT"]);
    let site = Site::behind(stack(), &proxy).await;
    let receiver = FakeSite::new(&site).await;
    let tape = TapeBuilder::numbered(32, 24, 4);
    let (front, stalled) = (front(&site), worker(&site));
    // Long enough for the worker to be stopped meanwhile.
    proxy.once("GET", Fault::Hold(Duration::from_secs(5)));
    let owner = post(&site, &receiver, &front, "stall", &tape).await;
    eventually("a kept request", async || (proxy.kept() == 1).then_some(())).await;
    stalled.signal("STOP");
    let _other = worker(&site);
    let done = eventually("the bake", async || bake_of(&site, doc! { "state": "done" }).await).await;
    assert!(done.get_i32("fence").unwrap() >= 2, "{done:?}");
    stalled.signal("CONT");
    eventually("word of the loss", async || stalled.log().contains("another worker has the job by now").then_some(()))
        .await;
    is_empty(&site).await;
    assert_eq!(site.records(&owner, Medium::Tape).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_front_takes_bakes_without_any_worker_and_the_operator_sees_who_is_there() {
    let site = Site::new().await;
    let receiver = FakeSite::new(&site).await;
    assert_eq!(operator(&site, "fleet").code, Some(3));
    let front = front(&site);
    post(&site, &receiver, &front, "wait", &TapeBuilder::numbered(32, 24, 4)).await;
    let fleet = operator(&site, "fleet --json").succeeds().json();
    assert_eq!(fleet.len(), 1);
    assert_eq!(fleet[0]["role"], "front");
    assert!(fleet[0]["recipe"].as_str().unwrap().starts_with("standard@"), "{}", fleet[0]);

    // The stream is gone while the job waits.
    stream::delete(&site).await;
    let rebuilt = operator(&site, "jobs rebuild").succeeds();
    assert!(rebuilt.stdout().ends_with(" jobs were missing from the queue\n"), "{}", rebuilt.stdout());
    operator(&site, "jobs rebuild").fails(3, "");

    let worker = worker(&site);
    eventually("the bake", async || bake_of(&site, doc! { "state": "done" }).await).await;
    let table = operator(&site, "fleet").succeeds();
    assert!(table.stdout().contains(" worker "), "{}", table.stdout());
    // It answers for itself, and for nothing else.
    for (path, expected) in [("/health", 200), ("/ready", 200), ("/metrics", 401), ("/", 404), ("/status", 404)] {
        assert_eq!(http().get(worker.url(path)).send().await.unwrap().status(), expected, "{path}");
    }
    assert_eq!(worker.stop(), 0);
    let left = async || (operator(&site, "fleet --json").json().len() == 1).then_some(());
    eventually("the worker to be forgotten", left).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_events_that_comes_to_another_front_is_told_to_look_anew() {
    let site = Site::new().await;
    let fronts = [front(&site), front(&site)];
    // Reads what a front tells until it has told that.
    let told = async |front: &Serving, last: &str, until: &str| {
        let request = http().get(front.url("/events")).header("last-event-id", last);
        let (mut response, mut text) = (request.send().await.unwrap(), String::new());
        while !text.contains(until) {
            text.push_str(std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap());
        }
        text
    };
    let watched = told(&fronts[0], "", "id: ");
    let owner = site.account("maker").await;
    let made = async {
        for number in 0..20 {
            site.add_mood(&owner, &format!("mood {number}")).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let (text, ()) = tokio::join!(watched, made);
    let id = text.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
    assert!(!told(&fronts[0], id, "event: job").await.contains("event: reload"));
    told(&fronts[1], id, "event: reload").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tapes_are_baked_by_workers_with_the_preset_that_they_were_asked_for_with() {
    let site = Site::new().await;
    let receiver = FakeSite::new(&site).await;
    let settings = [AT_ONCE, ("TELECINE_QUEUE", nats(&site))];
    let _swift = Serving::with("--role worker --preset swift", &site, &settings);
    let standard = Serving::with("--role worker --preset standard", &site, &settings);
    let is_there = async || (operator(&site, "fleet --json").json().len() == 2).then_some(());
    eventually("both workers", is_there).await;
    let front = front(&site);
    let owner = site.account("maker").await;
    for number in 0..8 {
        let id = site.add_tape(&owner, &format!("r{number}"), &TapeBuilder::numbered(32, 24, 4)).await;
        let item = site.item(Medium::Tape, id).await;
        assert_eq!(front.bake(&receiver, &item, "").await.0, StatusCode::OK);
    }
    let jobs = stored(&site, "jobs");
    let by_standard = doc! { "work.kind": "bake", "outcome.baked.preset": { "$regex": "^standard@" } };
    let all = async || (jobs.count_documents(by_standard.clone()).await.unwrap() == 8).then_some(());
    eventually("all bakes", all).await;
    // When its workers have left for good, others do what waits.
    assert_eq!(standard.stop(), 0);
    let id = site.add_tape(&owner, "alone", &TapeBuilder::numbered(32, 24, 4)).await;
    let item = site.item(Medium::Tape, id).await;
    assert_eq!(front.bake(&receiver, &item, "").await.0, StatusCode::OK);
    let by_swift = async || bake_of(&site, doc! { "outcome.baked.preset": { "$regex": "^swift@" } }).await;
    eventually("the last bake", by_swift).await;
}
