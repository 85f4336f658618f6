//! Moods, written the way the site's own script does and by `telecine sync --live`; and the memory that takes.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Document, doc};
use serde_json::json;
use telecine::record::Medium;
use telecine::remote::pds::MOST_WRITES;

use crate::median;
use crate::program::{Cost, telecine};
use crate::stack::Stack;
use crate::stack::site::{Account, PASSWORD, Site};
use crate::support::tape::EPOCH;

/// How many records the site's script writes at once, and then waits for all of them.
const AT_ONCE: usize = 10;

/// How many moods the memory of a sync is measured with.
const FEW_AND_MANY: [usize; 2] = [500, 5_000];

/// Takes turns, each time with accounts that have no records yet.
pub async fn compare(stack: &Stack, rounds: usize, count: usize) {
    let rate = |time: Duration| count as f64 / time.as_secs_f64();
    let (mut theirs, mut ours, mut bares, mut ratios) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let site = Site::on(stack).await;
        let owner = with_moods(&site, "incumbent", count).await;
        let their = rate(one_by_one(&site, &owner).await);
        let owner = with_moods(&site, "telecine", count).await;
        let cost = sync(&site, &owner, count).await;
        let our = rate(cost.wall);
        let owner = with_moods(&site, "bare", 0).await;
        let bare = rate(in_batches(&site, &owner, count).await);
        println!(
            "  createRecord {their:.1} a second; sync --live {our:.1}, with {:.2} s of CPU: {:.2} times; bare applyWrites \
             {bare:.1}: {:.2} times",
            cost.cpu.as_secs_f64(),
            our / their,
            bare / their
        );
        theirs.push(their);
        ours.push(our);
        bares.push(bare);
        ratios.push(our / their);
    }
    println!(
        "moods, {count} for each of three accounts: createRecord, ten at a time, {:.1} a second; telecine sync --live {:.1} \
         a second; bare applyWrites {:.1} a second; ratio {:.2}",
        median(theirs),
        median(ours),
        median(bares),
        median(ratios)
    );
}

/// Measures the peak of syncs of few and of many moods.
pub async fn memory(stack: &Stack) {
    for count in FEW_AND_MANY {
        let site = Site::on(stack).await;
        let owner = with_moods(&site, "owner", count).await;
        let cost = sync(&site, &owner, count).await;
        println!("memory, {count} moods: {:.1} MB at most", cost.peak as f64 / 1e6);
    }
}

/// A user with this number of moods and no records.
pub async fn with_moods(site: &Site, name: &str, count: usize) -> Account {
    let owner = site.account(name).await;
    let mood = |number: usize| {
        let when = DateTime::from_millis(EPOCH as i64 + number as i64 * 1_000);
        doc! { "_id": ObjectId::new(), "user": &owner.sub, "when": when, "mood": format!("mood number {number}") }
    };
    let moods = site.database().collection::<Document>(Medium::Mood.plural());
    if count > 0 {
        moods.insert_many((0..count).map(mood)).await.unwrap();
    }
    owner
}

/// What the site's script does: a login, then a request for each record, ten at a time, keys that the PDS chooses, and at the end one
/// command to MongoDB with all of them.
async fn one_by_one(site: &Site, owner: &Account) -> Duration {
    let started = Instant::now();
    let session = site.pds().login(&owner.handle, PASSWORD).await;
    let plural = Medium::Mood.plural();
    let mut found = site.database().collection::<Document>(plural).find(doc! { "user": &owner.sub }).await.unwrap();
    let mut moods = Vec::new();
    while found.advance().await.unwrap() {
        moods.push(found.deserialize_current().unwrap());
    }
    let create = async |mood: &Document| {
        let (id, text) = (mood.get_object_id("_id").unwrap(), mood.get_str("mood").unwrap());
        let when = mood.get_datetime("when").unwrap().try_to_rfc3339_string().unwrap();
        let body = json!({
            "repo": owner.did(),
            "collection": Medium::Mood.collection(),
            "record": {
                "$type": Medium::Mood.collection(), "text": text, "mood": text, "when": when, "ref": id.to_hex()
            },
        });
        let answer = site.pds().post(&session, "com.atproto.repo.createRecord", &body).await;
        let rkey = answer["uri"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        doc! { "q": { "_id": id }, "u": { "$set": { "atproto.rkey": rkey } } }
    };
    let mut updates = Vec::new();
    for batch in moods.chunks(AT_ONCE) {
        updates.extend(join_all(batch.iter().map(create)).await);
    }
    site.database().run_command(doc! { "update": plural, "updates": updates }).await.unwrap();
    started.elapsed()
}

/// What the PDS can do: nothing but batches of creations, by one who is logged in and neither reads nor remembers.
async fn in_batches(site: &Site, owner: &Account, count: usize) -> Duration {
    let collection = Medium::Mood.collection();
    let write = |number: usize| {
        let text = format!("mood number {number}");
        let value = json!({
            "$type": collection, "text": &text, "mood": &text, "when": "2025-10-17T00:00:00.000Z", "ref": ObjectId::new().to_hex()
        });
        json!({ "$type": "com.atproto.repo.applyWrites#create", "collection": collection, "value": value })
    };
    let numbers: Vec<_> = (0..count).collect();
    let bodies: Vec<_> = numbers
        .chunks(MOST_WRITES)
        .map(|chunk| {
            let writes: Vec<_> = chunk.iter().map(|number| write(*number)).collect();
            json!({ "repo": owner.did(), "validate": false, "writes": writes })
        })
        .collect();
    let started = Instant::now();
    for body in &bodies {
        site.pds().post(&owner.session, "com.atproto.repo.applyWrites", body).await;
    }
    started.elapsed()
}

/// What we do, from the start of the program to its end.
async fn sync(site: &Site, owner: &Account, count: usize) -> Cost {
    let folder = tempfile::tempdir().unwrap();
    let arguments = format!("sync --live --moods-only --user ^{}$", owner.handle);
    let cost = tokio::task::block_in_place(|| telecine(site, folder.path(), &arguments));
    assert_eq!(site.records(owner, Medium::Mood).await.len(), count);
    cost
}
