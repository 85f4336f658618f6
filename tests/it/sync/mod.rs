//! `telecine sync` against real servers, observed from outside.

mod choice;
mod crash;
mod faults;
mod kills;
mod media;
mod patience;
mod poison;
mod posted;
mod rates;
mod reencode;
mod twice;
mod warnings;

use std::time::Duration;

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use serde_json::Value;
use telecine::record::Medium;

use crate::stack::proxy::{Fault, Proxy};
use crate::stack::site::{Account, Site};
use crate::support::command::{Run, Running, Workshop, run};
use crate::support::picture::Picture;
use crate::support::tape::TapeBuilder;

/// Longer than any test; the program is killed while it waits.
pub const FOREVER: Duration = Duration::from_hours(1);

/// A site, and the program set up to sync it.
pub struct Syncing {
    pub site: Site,
    pub workshop: Workshop,
    /// Where the program finds the PDS and Spaces, if not where they are.
    pub detours: Vec<(&'static str, String)>,
}

/// Everything that a sync may change, in a form that can be compared.
#[derive(Debug, PartialEq)]
pub struct State {
    /// Collection, key and text of each record.
    pub records: Vec<(String, String, Value)>,
    /// Collection and id of each item with the keys that MongoDB knows.
    pub keys: Vec<(String, String, Vec<String>)>,
}

impl Syncing {
    pub async fn new() -> Self {
        Syncing::of(Site::new().await)
    }

    pub fn of(site: Site) -> Self {
        Syncing { site, workshop: Workshop::new(), detours: Vec::new() }
    }

    /// Starts the program and kills it when the `nth` request of a method has met a fault that holds it.
    pub async fn kill_at(&self, arguments: &str, proxy: Proxy, method: &'static str, nth: usize, fault: Fault) {
        proxy.next(method, std::iter::repeat_n(None, nth - 1).chain([Some(fault)]));
        let mut running = self.start(arguments);
        running = tokio::task::spawn_blocking(move || {
            // What the server does for the request has happened then, too.
            running.wait_until(|| proxy.count(method) >= nth && proxy.kept() > 0);
            running.signal("KILL");
            running
        })
        .await
        .unwrap();
        assert_eq!(running.finish().code, None);
    }

    /// Puts a proxy between the program and the PDS.
    pub fn pds_proxy(&mut self) -> Proxy {
        let proxy = Proxy::of(&self.site.environment()["PDS_URL"]);
        self.detours.push(("PDS_URL", proxy.url().into()));
        proxy
    }

    /// Puts a proxy between the program and Spaces.
    pub fn spaces_proxy(&mut self) -> Proxy {
        let proxy = Proxy::of(&self.site.environment()["ART_SPACES_ENDPOINT"]);
        self.detours.push(("ART_SPACES_ENDPOINT", proxy.url().into()));
        proxy
    }

    pub fn command(&self, arguments: &str) -> std::process::Command {
        let mut command = self.workshop.telecine(arguments);
        command.envs(self.site.environment()).envs(self.detours.iter().map(|(name, value)| (*name, value)));
        command
    }

    pub async fn run(&self, arguments: &str) -> Run {
        let mut command = self.command(arguments);
        tokio::task::spawn_blocking(move || run(&mut command)).await.unwrap()
    }

    pub fn start(&self, arguments: &str) -> Running {
        Running::start(&mut self.command(arguments))
    }

    pub async fn state(&self, account: &Account) -> State {
        let mut state = State { records: Vec::new(), keys: Vec::new() };
        for medium in Medium::ALL {
            for mut record in self.site.records(account, medium).await {
                // The buckets of a site are its own.
                if let Some(url) = record.value.get_mut("zipUrl") {
                    *url = url.as_str().unwrap().rsplit('/').next().into();
                }
                state.records.push((medium.name().into(), record.rkey, record.value));
            }
            let items = self.site.database().collection::<Document>(medium.plural());
            let mut found = items.find(doc! {}).sort(doc! { "_id": 1 }).await.unwrap();
            while found.advance().await.unwrap() {
                let item = found.deserialize_current().unwrap();
                let key = |place: &str| item.get_document(place).ok()?.get_str("rkey").ok().map(str::to_owned);
                let keys = ["atproto", "at"].into_iter().filter_map(key).collect();
                state.keys.push((medium.name().into(), item.get_object_id("_id").unwrap().to_hex(), keys));
            }
        }
        state
    }

    /// Some of everything, with the same ids wherever it is put.
    pub async fn fill(&self, owner: &Account) {
        let site = &self.site;
        for number in 0..12 {
            site.add(owner, Medium::Mood, doc! { "_id": id(1, number), "mood": format!("mood {number}") }).await;
        }
        site.add(owner, Medium::Piece, doc! { "_id": id(2, 0), "slug": "dance" }).await;
        let kidlisp = doc! { "_id": id(3, 0), "code": "cow", "source": "(wipe blue)" };
        site.add(owner, Medium::Kidlisp, kidlisp).await;
        for number in 0..3 {
            let slug = format!("painting-{number}");
            let picture = Picture::numbered(64, 48, number as usize);
            site.put(site.user_bucket(), &format!("{}/painting/{slug}.png", owner.sub), picture.png()).await;
            let fields = doc! { "_id": id(4, number), "code": format!("p{number}"), "slug": slug };
            site.add(owner, Medium::Painting, fields).await;
        }
        for number in 0..2 {
            let slug = format!("tape-{number}");
            let frames = (0..4).map(|frame| Picture::numbered(32, 24, frame + number as usize));
            let tape = TapeBuilder::of(frames, 50.0);
            site.put(site.user_bucket(), &format!("{}/{slug}.zip", owner.sub), tape.zip()).await;
            let fields = doc! { "_id": id(5, number), "code": format!("t{number}"), "slug": slug, "kind": "zip" };
            site.add(owner, Medium::Tape, fields).await;
        }
    }

    /// What a sync of [`Syncing::fill`] comes to when nothing goes wrong.
    async fn undisturbed() -> State {
        let syncing = Syncing::new().await;
        let owner = syncing.site.account("calm").await;
        syncing.fill(&owner).await;
        syncing.run("sync --live").await.succeeds();
        syncing.state(&owner).await
    }
}

fn id(medium: u8, number: u8) -> ObjectId {
    ObjectId::from_bytes([0x65, 0, 0, medium, 0, 0, 0, 0, 0, 0, 0, number])
}
