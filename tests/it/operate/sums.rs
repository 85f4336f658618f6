//! Nothing is lost: every document in MongoDB is in exactly one count of every command that counts.

use fastrand::Rng;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, DateTime, Document, JavaScriptCodeWithScope, Regex, Timestamp, doc};
use serde_json::Value;
use telecine::record::Medium;

use crate::documents::load::load;
use crate::stack::proxy::{Answer, Fault};
use crate::stack::site::{GUEST, Site};
use crate::support::command::Run;
use crate::sync::Syncing;

/// How many documents of each medium are made up.
const DOCUMENTS: usize = 150;

/// The fields that the program reads.
const FIELDS: [&str; 13] = [
    "when",
    "slug",
    "code",
    "source",
    "mood",
    "bucket",
    "nuked",
    "deleted",
    "kind",
    "mp4Url",
    "mp4Status",
    "at",
    "atproto",
];

/// A value of any type that a document can hold.
fn any(random: &mut Rng, depth: u8) -> Bson {
    let text = |random: &mut Rng| {
        let texts = ["", " ", "null", "x", "2025-10-17", "1697586197", "\u{1b}[31m", "déjà vu", "a\0b"];
        texts[random.usize(..texts.len())].to_owned()
    };
    match random.u8(..if depth == 0 { 19 } else { 21 }) {
        0 => Bson::Double([0.0, -1.5, f64::NAN, f64::INFINITY, 1e300, 1.697e12][random.usize(..6)]),
        1 => Bson::String(text(random)),
        2 => Bson::Boolean(random.bool()),
        3 => Bson::Null,
        4 => Bson::Undefined,
        5 => Bson::Int32(random.i32(..)),
        6 => Bson::Int64(random.i64(..)),
        7 => Bson::Int64(random.i64(0..4_000_000_000)),
        8 => Bson::ObjectId(ObjectId::from_bytes(std::array::from_fn(|_| random.u8(..)))),
        9 => Bson::DateTime(DateTime::from_millis(random.i64(..))),
        10 => Bson::Timestamp(Timestamp { time: random.u32(..), increment: 1 }),
        11 => Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: vec![random.u8(..); 9] }),
        12 => Bson::RegularExpression(Regex { pattern: "a.*".try_into().unwrap(), options: "i".try_into().unwrap() }),
        13 => Bson::JavaScriptCode(text(random)),
        14 => Bson::JavaScriptCodeWithScope(JavaScriptCodeWithScope { code: text(random), scope: doc! { "a": 1 } }),
        15 => Bson::Symbol(text(random)),
        16 => Bson::Decimal128(["NaN", "1.697E+12", "-Infinity", "7"][random.usize(..4)].parse().unwrap()),
        17 => Bson::MaxKey,
        18 => Bson::MinKey,
        19 => Bson::Array((0..random.u8(..3)).map(|_| any(random, depth - 1)).collect()),
        _ => Bson::Document((0..random.u8(..3)).map(|field| (format!("f{field}"), any(random, depth - 1))).collect()),
    }
}

/// An item of one of these owners, or of nobody, with anything in any of its fields.
fn made_up(random: &mut Rng, owners: &[&str], number: usize) -> Document {
    let mut item = doc! {
        "_id": ObjectId::new(), "when": DateTime::from_millis(1_700_000_000_000 + number as i64), "slug": format!("s{number}"),
        "code": format!("c{number}"), "source": "(wipe blue)", "mood": format!("mood {number}"),
    };
    match random.u8(..4) {
        0 => {}
        1 => drop(item.insert("user", any(random, 2))),
        _ => drop(item.insert("user", owners[random.usize(..owners.len())])),
    }
    for _ in 0..random.u8(..4) {
        let field = FIELDS[random.usize(..FIELDS.len())];
        if random.bool() {
            item.insert(field, any(random, 2));
        } else {
            item.remove(field);
        }
    }
    if random.u8(..10) == 0 {
        // Of some types no id can be; those are left out.
        let _ = item.insert("_id", any(random, 1));
    }
    item
}

async fn make_up(site: &Site, owners: &[&str], seed: u64) {
    let mut random = Rng::with_seed(seed);
    for medium in Medium::ALL {
        let items = (0..DOCUMENTS).map(|number| made_up(&mut random, owners, number));
        let items: Vec<_> = items.collect();
        let collection = site.database().collection::<Document>(medium.plural());
        // Ids that are taken or that none can be; the driver itself refuses what a text cannot hold.
        for item in items {
            let _ = collection.insert_one(item).await;
        }
        let count = collection.count_documents(doc! {}).await.unwrap();
        assert!(count as usize > DOCUMENTS * 9 / 10, "{medium}: {count}");
    }
}

/// Checks that all documents are in the counts of a run, which are in the last line of its JSON under `name`.
async fn accounted(site: &Site, run: &Run, name: &str, counts: &[&str]) {
    let sum = run.json().pop().unwrap_or_else(|| panic!("{}", run.stderr));
    for medium in Medium::ALL {
        let told = &sum[name][medium.plural()];
        let counted: u64 = counts.iter().map(|count| told[count].as_u64().unwrap()).sum();
        let there = site.database().collection::<Document>(medium.plural()).count_documents(doc! {}).await.unwrap();
        assert_eq!(counted, there, "{medium}: {told}");
        if let Some(items) = told["items"].as_u64() {
            assert_eq!(items, there, "{medium}: {told}");
        }
    }
}

async fn everybody_is_accounted_for(syncing: &Syncing) {
    const VERDICTS: [&str; 5] = ["identical", "missing", "differs", "broken", "blocked"];
    let site = &syncing.site;
    for command in ["compare --all --json", "status --json", "compare --all --nuked withhold --download --json"] {
        let run = syncing.run(command).await;
        assert_eq!(run.code, Some(1), "{command}: {}", run.stderr);
        accounted(site, &run, "media", &VERDICTS).await;
    }
    let run = syncing.run("sync --json").await;
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    accounted(site, &run, "planned", &["create", "update", "adopt", "withdraw", "skip", "blocked"]).await;

    let run = syncing.run("accounts list --json").await;
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    for medium in Medium::ALL {
        let items = |account: &Value| account["items"][medium.plural()].as_u64().unwrap_or_default();
        let listed: u64 = run.json().iter().map(items).sum();
        let there = site.database().collection::<Document>(medium.plural()).count_documents(doc! {}).await.unwrap();
        assert_eq!(listed, there, "{medium}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_of_any_kind_are_all_counted_before_and_after_a_sync() {
    for seed in 0..3 {
        let mut syncing = Syncing::new().await;
        let site = &syncing.site;
        let (here, closed, gone) =
            (site.account("here").await, site.account("closed").await, site.account("gone").await);
        site.guest().await;
        site.deactivate(&closed).await;
        site.take_down(&gone).await;
        make_up(site, &[&here.sub, &closed.sub, &gone.sub, "auth0|stranger", GUEST, "nul\0l"], seed).await;
        everybody_is_accounted_for(&syncing).await;
        let run = syncing.run("sync --live --types moods,pieces,kidlisp").await;
        assert_eq!(run.code, Some(1), "{}", run.stderr);
        assert!(!site.records(&here, Medium::Mood).await.is_empty());
        everybody_is_accounted_for(&syncing).await;

        // Accounts whose repo cannot be read are counted, too.
        let proxy = syncing.pds_proxy();
        proxy.always("getRepo", Fault::Answer(Answer::xrpc(403, "Forbidden", "not for you")));
        everybody_is_accounted_for(&syncing).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_as_it_is_after_years_is_accounted_for() {
    let syncing = Syncing::new().await;
    load(&syncing.site).await;
    let moods = syncing.site.database().collection::<Document>("moods");
    moods.insert_one(doc! { "user": null, "mood": "nobody's" }).await.unwrap();
    everybody_is_accounted_for(&syncing).await;
}
