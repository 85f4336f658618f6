//! The service is killed at random moments under load, and whatever it accepted or saw is done in the end, once.
//!
//! The suite kills a few times. `TELECINE_KILLS=60 cargo test --test it -- serve::kills` kills as often as one likes.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt;
use mongodb::bson::doc;
use mongodb::bson::oid::ObjectId;
use reqwest::StatusCode;
use telecine::record::Medium;

use super::fake_site::FakeSite;
use super::{Serving, eventually};
use crate::stack::http;
use crate::stack::site::{Account, Site};
use crate::support::command::Workshop;
use crate::support::tape::TapeBuilder;

/// How often it is killed.
fn kills() -> u32 {
    std::env::var("TELECINE_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(5)
}

/// What the site makes while the service is being killed, and how often each thing is there in the end.
struct Load<'a> {
    site: &'a Site,
    owner: &'a Account,
    receiver: &'a FakeSite,
    tape: TapeBuilder,
    codes: Vec<String>,
    moods: Vec<ObjectId>,
}

impl Load<'_> {
    /// A tape is made and posted, two moods are made, and an older one is edited.
    async fn add(&mut self, oven: &Serving) {
        let code = format!("k{}", self.codes.len());
        let id = self.site.add_tape(self.owner, &code, &self.tape).await;
        let item = self.site.item(Medium::Tape, id).await;
        let body = self.receiver.request(&item, "").to_string();
        let posted = http().post(oven.url("/bake")).body(body).send().await.unwrap();
        assert_eq!(posted.status(), StatusCode::OK);
        self.codes.push(code);
        for number in 0..2 {
            self.moods.push(self.site.add_mood(self.owner, &format!("mood {number}")).await);
        }
        let moods = self.site.database().collection::<mongodb::bson::Document>("moods");
        let edited = self.moods[self.moods.len() / 2];
        moods.update_one(doc! { "_id": edited }, doc! { "$set": { "mood": "edited" } }).await.unwrap();
    }

    /// How many jobs are not over.
    async fn open_jobs(&self) -> u64 {
        let database = self.site.database().client().database(&super::database(self.site));
        let jobs = database.collection::<mongodb::bson::Document>("jobs");
        jobs.count_documents(doc! { "due": { "$exists": true } }).await.unwrap()
    }

    /// How many records each mood has.
    async fn records(&self) -> BTreeMap<String, usize> {
        let mut records = BTreeMap::new();
        for record in self.site.records(self.owner, Medium::Mood).await {
            *records.entry(record.value["ref"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        records
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_moment_it_is_killed_at_every_item_has_one_record_and_every_tape_one_video() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let receiver = FakeSite::new(&site).await;
    let tape = TapeBuilder::numbered(32, 24, 4);
    let (codes, moods) = (Vec::new(), Vec::new());
    let mut load = Load { site: &site, owner: &owner, receiver: &receiver, tape, codes, moods };
    for _ in 0..kills() {
        let oven = Serving::start(&site, &[("TELECINE_SETTLE", "0s")]);
        let moment = Duration::from_millis(fastrand::u64(0..1_500));
        // Both in their time: the load is added whole, and the service dies somewhere in it or after it.
        load.add(&oven).await;
        tokio::time::sleep(moment).await;
        oven.kill();
    }
    let _oven = Serving::start(&site, &[("TELECINE_SETTLE", "0s")]);
    eventually("all callbacks", async || (receiver.received().codes().len() == load.codes.len()).then_some(())).await;
    let expected: BTreeMap<_, _> = load.moods.iter().map(|id| (id.to_hex(), 1)).collect();
    eventually("one record of each mood", async || (load.records().await == expected).then_some(())).await;
    eventually("all jobs over", async || (load.open_jobs().await == 0).then_some(())).await;
    // The receiver makes a record whenever it is told of a video and not asked to make none, as where a plan was first.
    assert!(receiver.received().records <= load.codes.len());
    assert_eq!(site.records(&owner, Medium::Tape).await.len(), load.codes.len());
    let workshop = Workshop::with(&load.tape);
    workshop.convert("");
    let converted = workshop.get("tape.mp4");
    let base = format!("{}/{}", site.environment()["ART_SPACES_ENDPOINT"], site.bucket_of("at-blobs"));
    let videos = futures_util::stream::iter(&load.codes)
        .then(async |code| http().get(format!("{base}/tapes/{code}.mp4")).send().await.unwrap().bytes().await.unwrap());
    assert!(videos.collect::<Vec<_>>().await.iter().all(|video| *video == converted));
}
