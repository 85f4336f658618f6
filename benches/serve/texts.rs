//! How long after its insert a mood is on the PDS, at twenty inserts a second by ten people: until MongoDB has the key, which
//! is written after the record.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use mongodb::bson::{Document, doc};

use crate::percentiles;
use crate::program::Serving;
use crate::stack::Stack;
use crate::stack::site::Site;

/// The time from one insert to the next.
const PAUSE: Duration = Duration::from_millis(50);

pub async fn measure(stack: &Stack, lasts: Duration) {
    let site = Site::on(stack).await;
    let mut people = Vec::new();
    for number in 0..10 {
        people.push(site.account(&format!("maker{number}")).await);
    }
    let _serving = Serving::start(&site, &[("TELECINE_PUBLISH", "telecine")]);
    let moods = site.database().collection::<Document>("moods");
    // The first of each person logs in, which takes a third of a second.
    for person in &people {
        site.add_mood(person, "first").await;
    }
    while moods.count_documents(doc! { "atproto.rkey": { "$exists": true } }).await.unwrap() < people.len() as u64 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut changes = moods.watch().pipeline([doc! { "$match": { "operationType": "update" } }]).await.unwrap();
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok(Some(change)) = changes.try_next().await {
            let id = change.document_key.unwrap().get_object_id("_id").unwrap();
            if sender.send((id, Instant::now())).is_err() {
                return;
            }
        }
    });
    let mut inserted = HashMap::new();
    let mut ticks = tokio::time::interval(PAUSE);
    let started = Instant::now();
    while started.elapsed() < lasts {
        ticks.tick().await;
        let person = &people[inserted.len() % people.len()];
        let begun = Instant::now();
        let id = site.add_mood(person, "and another").await;
        inserted.insert(id, begun);
    }
    let mut times = Vec::new();
    while !inserted.is_empty() {
        let (id, seen) = tokio::time::timeout(Duration::from_mins(2), receiver.recv()).await.unwrap().unwrap();
        times.extend(inserted.remove(&id).map(|begun| seen - begun));
    }
    println!("mood, insert to record and key: {}", percentiles(times));
}
