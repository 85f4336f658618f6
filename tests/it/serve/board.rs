//! What the first page says of the mirror, and the posters on it.

use std::time::Duration;

use mongodb::bson::doc;
use reqwest::StatusCode;
use telecine::record::Medium;

use super::chromium::Chromium;
use super::fake_site::FakeSite;
use super::{Serving, eventually, stored};
use crate::stack::http;
use crate::stack::proxy::{Fault, Proxy};
use crate::stack::site::Site;
use crate::support::tape::TapeBuilder;

async fn page(oven: &Serving, path: &str) -> String {
    http().get(oven.url(path)).send().await.unwrap().text().await.unwrap()
}

/// Waits until a page says all of that.
async fn says(oven: &Serving, path: &str, texts: &[&str]) -> String {
    eventually(&format!("{texts:?}"), async || {
        let page = page(oven, path).await;
        texts.iter().all(|text| page.contains(text)).then_some(page)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_page_says_how_the_mirror_stands() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    // It is older than the service, whose first plan finds it.
    site.add_mood(&owner, "ahoj").await;
    let oven = Serving::start(&site, &[super::AT_ONCE]);
    let texts =
        [" reads them, ", " s behind.", "MongoDB remembers the last ", "1 account: 1 created", ", took ", "None."];
    let overview = says(&oven, "/", &texts).await;
    assert!(overview.contains("The PDS has announced no limits"), "{overview}");
    assert!(overview.contains(&format!("release {}, standard@", env!("CARGO_PKG_VERSION"))), "{overview}");

    let (_, jobs) = oven.get("/api/jobs?kind=plan").await;
    let id = jobs["jobs"][0]["id"].as_str().unwrap();
    let (_, plan) = oven.get(&format!("/api/jobs/{id}")).await;
    assert_eq!(
        (&plan["outcome"]["planned"]["accounts"], &plan["outcome"]["planned"]["created"]),
        (&1.into(), &1.into())
    );
    let plan = page(&oven, &format!("/jobs/{id}")).await;
    for text in ["<dt>Records created</dt><dd>1</dd>", "<dt>Items failed</dt><dd>0</dd>"] {
        assert!(plan.contains(text), "{text}\n{plan}");
    }

    // What another process says is on the page of this one, as are accounts that wait.
    let later = jiff::Timestamp::now().as_millisecond() + 3_600_000;
    let budget = doc! {
        "kind": "writes", "account": "did:plc:busy", "points": 5_000, "window": 3_600_i64, "remaining": 17,
        "resets": later,
    };
    let process = doc! {
        "_id": "worker-other", "version": "0.0.9", "started": later - 7_200_000, "budgets": [budget],
        "waits": [{ "kind": "writes", "account": "did:plc:busy", "until": later }], "at": later,
    };
    stored(&site, "processes").insert_one(process).await.unwrap();
    let postponed = doc! { "account": "busy.test", "until": later, "reason": "the pds limits writes" };
    let set = doc! { "$set": { "outcome.planned.postponed": [postponed] } };
    stored(&site, "jobs").update_one(doc! { "_id": id }, set).await.unwrap();
    let overview = page(&oven, "/").await;
    for text in [
        "worker-other, all roles, release 0.0.9",
        "<th scope=\"row\">writes</th><td>did:plc:busy</td><td>17</td><td>5000</td><td>60 min</td>",
        "busy.test, until ",
        "the pds limits writes",
    ] {
        assert!(overview.contains(text), "{text}\n{overview}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bake_shows_its_poster_while_its_video_is_being_made_and_afterwards() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let proxy = Proxy::of(&site.environment()["ART_SPACES_ENDPOINT"]);
    // The video takes a while to be stored, for which its poster is there already.
    proxy.once("/tapes/shown.mp4", Fault::Delay(Duration::from_secs(4)));
    let oven = Serving::start(&site, &[("ART_SPACES_ENDPOINT", proxy.url())]);
    let receiver = FakeSite::new(&site).await;
    let id = site.add_tape(&owner, "shown", &TapeBuilder::numbered(32, 24, 4)).await;
    let tape = site.item(Medium::Tape, id).await;
    let mut request = receiver.request(&tape, "");
    request["zipUrl"] = format!("{}/{}/auth0%7Cmaker/tape-shown.zip", proxy.url(), site.user_bucket()).into();
    let mut chromium = Chromium::new();
    chromium.open(&oven.url("/"));
    eventually("to be live", async || {
        (chromium.evaluate("document.querySelector('#live').textContent") == "Live").then_some(())
    })
    .await;
    assert_eq!(oven.post("/bake", &request).await.0, StatusCode::OK);
    let mut shows = async |list: &str| {
        let look = format!("document.querySelector('#{list} [data-job] img')?.naturalWidth > 0");
        eventually(list, async || (chromium.evaluate(&look) == true).then_some(())).await;
    };
    shows("running").await;
    assert_eq!(receiver.received().bodies.len(), 0, "the video is done already");
    shows("recent").await;
    // What no event tells of follows.
    let done = "document.querySelector('[data-fresh=queues] a[href=\"/jobs?kind=bake&state=done\"]')?.textContent";
    eventually("the queue", async || (chromium.evaluate(done) == "1").then_some(())).await;
    let words = "document.querySelector('#recent time').textContent";
    eventually("time to go on", async || chromium.evaluate(words).as_str()?.ends_with(" s ago").then_some(())).await;
    // The same without script.
    let overview = page(&oven, "/").await;
    let (running, recent) = overview.split_once("Recent bakes").unwrap();
    assert!(!running.contains("<img") && recent.contains("tapes/shown-thumb.jpg"), "{overview}");
}
