//! What a site makes while the service is disturbed, and whether each thing is there once in the end.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use reqwest::StatusCode;
use telecine::record::Medium;

use super::fake_site::FakeSite;
use super::{Serving, eventually, stored, until_none_is_left};
use crate::stack::http;
use crate::stack::site::{Account, Site};
use crate::support::command::Workshop;
use crate::support::tape::TapeBuilder;

/// A site, one of its people, and all that they made.
pub struct Load {
    pub site: Site,
    pub owner: Account,
    pub receiver: FakeSite,
    tape: TapeBuilder,
    codes: Vec<String>,
    moods: Vec<ObjectId>,
}

impl Load {
    /// Nothing is made yet.
    pub async fn on(site: Site) -> Load {
        Load::of(site, TapeBuilder::numbered(32, 24, 4)).await
    }

    /// The same, with another tape.
    pub async fn of(site: Site, tape: TapeBuilder) -> Load {
        let owner = site.account("maker").await;
        let receiver = FakeSite::new(&site).await;
        Load { site, owner, receiver, tape, codes: Vec::new(), moods: Vec::new() }
    }

    /// A tape is made and posted, two moods are made, and an older one is edited.
    pub async fn add(&mut self, oven: &Serving) {
        self.add_to(oven, self.receiver.callback_url().to_owned().as_str()).await;
    }

    /// The same, with another address to call back.
    pub async fn add_to(&mut self, oven: &Serving, callback_url: &str) {
        let code = format!("k{}", self.codes.len());
        let id = self.site.add_tape(&self.owner, &code, &self.tape).await;
        let item = self.site.item(Medium::Tape, id).await;
        let mut body = self.receiver.request(&item, "");
        body["callbackUrl"] = callback_url.into();
        let posted = http().post(oven.url("/bake")).body(body.to_string()).send().await.unwrap();
        assert_eq!(posted.status(), StatusCode::OK);
        self.codes.push(code);
        for number in 0..2 {
            self.moods.push(self.site.add_mood(&self.owner, &format!("mood {number}")).await);
        }
        let moods = self.site.database().collection::<Document>("moods");
        let edited = self.moods[self.moods.len() / 2];
        moods.update_one(doc! { "_id": edited }, doc! { "$set": { "mood": "edited" } }).await.unwrap();
    }

    /// A mood is made of which the service is told nothing but by the database.
    pub async fn add_unseen(&mut self) {
        self.moods.push(self.site.add_mood(&self.owner, "unseen").await);
    }

    /// The service's jobs.
    pub fn jobs(&self) -> mongodb::Collection<Document> {
        stored(&self.site, "jobs")
    }

    /// Waits until a job that matches has failed with that code and is to be tried again.
    pub async fn waits_because_of(&self, kind: &str, code: &str) -> Document {
        let filter = doc! { "work.kind": kind, "state": "waiting", "failure.code": code };
        eventually(&format!("a {kind} that waits because of {code}"), async || {
            self.jobs().find_one(filter.clone()).await.unwrap()
        })
        .await
    }

    /// Has everything tried again at once that waits for its time.
    pub async fn hurry(&self) {
        let waiting = doc! { "state": { "$in": ["queued", "waiting"] } };
        self.jobs().update_many(waiting, doc! { "$set": { "due": 0_i64 } }).await.unwrap();
    }

    /// Waits until everything is done, and makes sure that it was done once: each mood has one record, each tape has
    /// one record and the video that `convert` makes, and the site's receiver got a callback for each tape.
    pub async fn is_done_once(&self) {
        let told = async || (self.receiver.received().codes().len() == self.codes.len()).then_some(());
        eventually("all callbacks", told).await;
        let expected: BTreeMap<_, _> = self.moods.iter().map(|id| (id.to_hex(), 1)).collect();
        eventually("one record of each mood", async || (self.records().await == expected).then_some(())).await;
        until_none_is_left("open jobs", async || self.open_jobs().await).await;
        let parked = self.jobs().find_one(doc! { "state": "parked" }).await.unwrap();
        assert!(parked.is_none(), "{parked:?}");
        // The receiver makes a record for each callback with a video, unless the callback forbids it because a plan was
        // first.
        assert!(self.receiver.received().records <= self.codes.len());
        assert_eq!(self.site.records(&self.owner, Medium::Tape).await.len(), self.codes.len());
        let workshop = Workshop::with(&self.tape);
        workshop.convert("");
        let converted = workshop.get("tape.mp4");
        let base = format!("{}/{}", self.site.environment()["ART_SPACES_ENDPOINT"], self.site.bucket_of("at-blobs"));
        let fetch = async |code: &String| {
            http().get(format!("{base}/tapes/{code}.mp4")).send().await.unwrap().bytes().await.unwrap()
        };
        let videos: Vec<_> = futures_util::stream::iter(&self.codes).then(fetch).collect().await;
        assert!(videos.iter().all(|video| *video == converted));
    }

    /// The jobs that are not over.
    pub async fn open_jobs(&self) -> Vec<Document> {
        self.jobs().find(doc! { "due": { "$exists": true } }).await.unwrap().try_collect().await.unwrap()
    }

    /// How many records each mood has.
    async fn records(&self) -> BTreeMap<String, usize> {
        let mut records = BTreeMap::new();
        for record in self.site.records(&self.owner, Medium::Mood).await {
            *records.entry(record.value["ref"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        records
    }
}
