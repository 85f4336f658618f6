//! The oven's routes, as the site uses them.

use mongodb::bson::{Document, doc};
use reqwest::StatusCode;
use serde_json::{Value, json};
use telecine::record::Medium;

use super::fake_site::FakeSite;
use super::{SECRET, Serving, eventually, request};
use crate::stack::http;
use crate::stack::site::{Account, Site};
use crate::support::command::Workshop;
use crate::support::tape::TapeBuilder;

/// A tape as the site has it before it asks for its bake.
async fn tape(site: &Site, owner: &Account, code: &str) -> Document {
    let id = site.add_tape(owner, code, &TapeBuilder::numbered(32, 24, 4)).await;
    site.item(Medium::Tape, id).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tape_is_baked_to_the_bytes_of_convert_and_the_site_is_told_where_they_are() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let oven = Serving::start(&site, &[]);
    let receiver = FakeSite::new(&site).await;
    let tape = tape(&site, &owner, "abc").await;

    let (status, body) = oven.bake(&receiver, &tape, "").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body, json!({ "status": "accepted", "slug": "tape-abc", "code": "abc", "message": "Baking started" }));
    let (query, told) = eventually("callback", async || receiver.received().bodies.first().cloned()).await;
    assert_eq!(query, "");
    let base = format!("{}/{}/tapes/abc", site.environment()["ART_SPACES_ENDPOINT"], site.bucket_of("at-blobs"));
    assert_eq!(
        told,
        json!({
            "mongoId": tape.get_object_id("_id").unwrap().to_hex(), "slug": "tape-abc", "code": "abc",
            "secret": SECRET, "mp4Url": format!("{base}.mp4"), "thumbnailUrl": format!("{base}-thumb.jpg"),
        })
    );
    // Both can be fetched without a key.
    let fetch = async |url: &str| http().get(url).send().await.unwrap().bytes().await.unwrap();
    let video = fetch(&format!("{base}.mp4")).await;
    let workshop = Workshop::with(&TapeBuilder::numbered(32, 24, 4));
    workshop.convert("");
    assert_eq!(video, workshop.get("tape.mp4"));
    assert!(fetch(&format!("{base}-thumb.jpg")).await.starts_with(&[0xFF, 0xD8]));

    let recent = eventually("the end of the bake", async || {
        let (_, status) = oven.get("/status").await;
        status["recent"].as_array().unwrap().first().cloned()
    })
    .await;
    assert_eq!((&recent["code"], &recent["success"]), (&json!("abc"), &json!(true)));
    assert_eq!(recent["mp4Url"], format!("{base}.mp4"));
    receiver.has_made(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_again_neither_fails_nor_makes_a_second_record() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let oven = Serving::start(&site, &[]);
    let receiver = FakeSite::new(&site).await;
    let tape = tape(&site, &owner, "abc").await;
    for _ in 0..5 {
        assert_eq!(oven.bake(&receiver, &tape, "").await.0, StatusCode::OK);
    }
    eventually("callback", async || receiver.received().bodies.first().cloned()).await;
    // The site asks once more for what it has, and then only for what it shows.
    assert_eq!(oven.bake(&receiver, &tape, "").await.0, StatusCode::OK);
    assert_eq!(oven.bake(&receiver, &tape, "?previewOnly=1").await.0, StatusCode::OK);
    eventually("callback without record", async || {
        receiver.received().bodies.iter().any(|(query, _)| query == "previewOnly=1").then_some(())
    })
    .await;
    receiver.has_made(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_fails_after_its_work_is_told_again_so_that_it_makes_no_second_record() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let oven = Serving::start(&site, &[]);
    let receiver = FakeSite::new(&site).await;
    receiver.set(|received| received.failing = 1);
    let tape = tape(&site, &owner, "abc").await;
    assert_eq!(oven.bake(&receiver, &tape, "").await.0, StatusCode::OK);
    eventually("the end of the callback", async || oven.log().contains("job settled state=\"done\"").then_some(()))
        .await;
    eventually("the failure", async || oven.log().contains("receiver.declined").then_some(())).await;
    receiver.has_made(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tape_that_is_none_is_reported_as_failed_and_its_job_is_parked() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let oven = Serving::start(&site, &[]);
    let receiver = FakeSite::new(&site).await;
    let tape = tape(&site, &owner, "abc").await;
    site.put(site.user_bucket(), &format!("{}/tape-abc.zip", owner.sub), "not a zip").await;
    assert_eq!(oven.bake(&receiver, &tape, "").await.0, StatusCode::OK);
    let (_, told) = eventually("callback", async || receiver.received().bodies.first().cloned()).await;
    assert_eq!(told["secret"], SECRET);
    assert!(told["error"].as_str().unwrap().starts_with("not a readable ZIP archive"), "{told}");
    let recent = eventually("the end of the bake", async || {
        let (_, status) = oven.get("/status").await;
        status["recent"].as_array().unwrap().first().cloned()
    })
    .await;
    assert_eq!((&recent["status"], &recent["success"]), (&json!("failed"), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_cannot_be_meant_are_refused_in_the_ovens_words() {
    let site = Site::new().await;
    let oven = Serving::start(&site, &[]);
    let endpoint = site.environment()["ART_SPACES_ENDPOINT"].clone();
    let zip = format!("{endpoint}/{}/x.zip", site.user_bucket());
    let with = |field: &str, value: Value| {
        let mut body = request("64b000000000000000000001", "abc", &zip, "http://127.0.0.1:9/x");
        body[field] = value;
        body
    };
    let missing = "Missing required fields: mongoId, slug, code, zipUrl, callbackUrl";
    for (body, status, error) in [
        (with("zipUrl", Value::Null), 400, missing),
        (with("code", json!("")), 400, missing),
        (with("mongoId", json!(7)), 400, missing),
        (with("callbackSecret", json!("wrong")), 401, "Invalid callback secret"),
        (with("callbackSecret", Value::Null), 401, "Invalid callback secret"),
        (with("code", json!("../x")), 400, "code does not consist of letters and digits"),
        (
            with("zipUrl", json!("http://169.254.169.254/latest")),
            400,
            "http://169.254.169.254/latest is outside the site's buckets",
        ),
        (
            with("callbackUrl", json!("http://10.0.0.1/x?secret=y")),
            400,
            "http://10.0.0.1/x is not an address to send to: it is not https on its usual port",
        ),
    ] {
        let (got, answer) = oven.post("/bake", &body).await;
        assert_eq!((got.as_u16(), &answer["error"]), (status, &json!(error)), "{body}");
    }
    for raw in ["", "not json", "[]", "\"text\"", "{\"code\":"] {
        let (status, answer) = oven.post_raw("/bake", raw.into()).await;
        assert_eq!((status.as_u16(), &answer["error"]), (400, &json!("Body is not a JSON object")), "{raw:?}");
    }
    let (status, _) = oven.post_raw("/bake", vec![b' '; 200 * 1024]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(oven.post("/bake-status", &json!({ "status": "x" })).await.1, json!({ "error": "Missing code" }));
    assert_eq!(oven.post("/bake-status", &json!({ "code": "x" })).await.1, json!({ "status": "ok" }));
    assert_eq!(oven.get("/nowhere").await, (StatusCode::NOT_FOUND, json!({ "error": "Not found" })));
    let (status, health) = oven.get("/health").await;
    assert_eq!((status.as_u16(), &health["status"], &health["service"]), (200, &json!("ok"), &json!("oven")));
    let options = http().request(reqwest::Method::OPTIONS, oven.url("/bake")).send().await.unwrap();
    assert_eq!(options.status(), StatusCode::OK);
    assert_eq!(options.headers()["access-control-allow-origin"], "*");
    assert!(!oven.log().contains(SECRET));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_tape_are_found_by_its_code() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let oven = Serving::start(&site, &[]);
    let receiver = FakeSite::new(&site).await;
    let tape = tape(&site, &owner, "abc").await;
    let client = telecine::remote::http_client().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let get = async |path: &str| client.get(oven.url(path)).send().await.unwrap();
    let location = |response: &reqwest::Response| response.headers()["location"].to_str().unwrap().to_owned();

    assert_eq!(get("/media/tapes/abc.mp4").await.status(), StatusCode::ACCEPTED);
    let zip = get("/media/tapes/abc").await;
    assert_eq!(zip.status(), StatusCode::FOUND);
    assert!(location(&zip).ends_with("/auth0%7Cmaker/tape-abc.zip"), "{}", location(&zip));
    assert_eq!(get("/media/tapes/never").await.status(), StatusCode::NOT_FOUND);

    oven.bake(&receiver, &tape, "").await;
    eventually("callback", async || receiver.received().bodies.first().cloned()).await;
    assert!(location(&get("/media/tapes/abc.mp4").await).ends_with("/tapes/abc.mp4"));
    assert!(location(&get("/media/tapes/abc.jpg").await).ends_with("/tapes/abc-thumb.jpg"));
    assert_eq!(http().get(oven.url("/media/tapes/abc.zip")).send().await.unwrap().status(), StatusCode::OK);

    let tapes = site.database().collection::<Document>("tapes");
    tapes.update_one(doc! { "code": "abc" }, doc! { "$set": { "nuked": true } }).await.unwrap();
    assert_eq!(get("/media/tapes/abc.mp4").await.status(), StatusCode::GONE);
    assert_eq!(get("/media/tapes/abc").await.status(), StatusCode::GONE);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_what_guests_made_and_of_posted_videos_are_found_as_well() {
    let site = Site::new().await;
    let (guest, owner) = (site.guest().await, site.account("maker").await);
    let oven = Serving::start(&site, &[("TELECINE_SETTLE", "3600s")]);
    let client = telecine::remote::http_client().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let location = async |path: &str| {
        let response = client.get(oven.url(path)).send().await.unwrap();
        response.headers().get("location").map(|location| location.to_str().unwrap().to_owned())
    };
    site.add_tape(&guest, "guest", &TapeBuilder::numbered(32, 24, 2)).await;
    let zip = location("/media/tapes/guest").await.unwrap();
    assert!(zip.ends_with(&format!("{}/tape-guest.zip", site.art_bucket())), "{zip}");

    // Posted as a video: there never was a recording, and what players ask for is the video.
    let endpoint = &site.environment()["ART_SPACES_ENDPOINT"];
    let url = format!("{endpoint}/{}/auth0%7Cmaker/video/v.mp4", site.user_bucket());
    let posted = doc! { "code": "posted", "slug": "posted", "kind": "mp4", "mp4Url": &url, "mp4Status": "complete" };
    site.add(&owner, Medium::Tape, posted).await;
    assert_eq!(location("/media/tapes/posted.mp4").await, Some(url.clone()));
    assert_eq!(location("/media/tapes/posted").await, Some(url));

    // The site has put recordings in more than one place over the years.
    for (code, key, shown) in [
        ("old", format!("{}/video/tape-old.zip", owner.sub), "auth0%7Cmaker/video/tape-old.zip"),
        ("older", "tapes/older.zip".into(), "tapes/older.zip"),
    ] {
        let fields = doc! { "code": code, "slug": format!("tape-{code}"), "kind": "zip", "mp4Status": "pending" };
        site.add(&owner, Medium::Tape, fields).await;
        assert_eq!(location(&format!("/media/tapes/{code}")).await, None);
        site.put(site.user_bucket(), &key, TapeBuilder::numbered(32, 24, 2).zip()).await;
        let zip = location(&format!("/media/tapes/{code}")).await.unwrap();
        assert!(zip.ends_with(&format!("{}/{shown}", site.user_bucket())), "{zip}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_finishes_what_was_begun_and_loses_nothing_that_was_accepted() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let oven = Serving::start(&site, &[]);
    let receiver = FakeSite::new(&site).await;
    for number in 0..12 {
        let tape = tape(&site, &owner, &format!("t{number}")).await;
        assert_eq!(oven.bake(&receiver, &tape, "").await.0, StatusCode::OK);
    }
    assert_eq!(oven.stop(), 0);
    let _oven = Serving::start(&site, &[]);
    receiver.has_made(12).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tape_whose_post_was_lost_is_baked_by_the_plan_when_the_service_comes() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let receiver = FakeSite::new(&site).await;
    // The service was away: the site marks the tape as failed, and never asks again.
    let tape = tape(&site, &owner, "abc").await;
    let tapes = site.database().collection::<Document>("tapes");
    let failed = doc! { "$set": { "mp4Status": "oven-failed", "mp4Error": "connection refused" } };
    tapes.update_one(doc! { "_id": tape.get_object_id("_id").unwrap() }, failed).await.unwrap();
    let settings = [("TELECINE_CALLBACK_URL", receiver.callback_url()), super::AT_ONCE];
    let _oven = Serving::start(&site, &settings);
    eventually("callback", async || receiver.received().bodies.first().cloned()).await;
    eventually("the site's video", async || {
        let tape = site.item(Medium::Tape, tape.get_object_id("_id").unwrap()).await;
        (tape.get_str("mp4Status").ok() == Some("complete") && tape.contains_key("mp4Url")).then_some(())
    })
    .await;
    assert_eq!(site.records(&owner, Medium::Tape).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zip_that_cannot_be_read_yet_is_looked_for_again() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let oven = Serving::start(&site, &[]);
    let receiver = FakeSite::new(&site).await;
    // The site has stored the item, and its ZIP is not there yet.
    let id = site.add(&owner, Medium::Tape, doc! { "code": "abc", "slug": "tape-abc", "kind": "zip" }).await;
    let tape = site.item(Medium::Tape, id).await;
    let key = format!("{}/tape-abc.zip", owner.sub);
    oven.bake(&receiver, &tape, "").await;
    eventually("the first look", async || oven.log().contains("fetch.absent").then_some(())).await;
    site.put(site.user_bucket(), &key, TapeBuilder::numbered(32, 24, 4).zip()).await;
    let (_, told) = eventually("callback", async || receiver.received().bodies.first().cloned()).await;
    assert!(told["mp4Url"].is_string(), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_services_on_one_database_do_each_job_once() {
    let site = Site::new().await;
    let owner = site.account("maker").await;
    let receiver = FakeSite::new(&site).await;
    let settings = [("TELECINE_SETTLE", "3600s")];
    let both = [Serving::start(&site, &settings), Serving::start(&site, &settings)];
    for number in 0..10 {
        let tape = tape(&site, &owner, &format!("t{number}")).await;
        // One of them gets the request first; the other then has the same job.
        for oven in &both {
            assert_eq!(oven.bake(&receiver, &tape, "").await.0, StatusCode::OK);
        }
    }
    eventually("all callbacks", async || (receiver.received().codes().len() == 10).then_some(())).await;
    let page = eventually("all jobs over", async || {
        let (_, page) = both[0].get("/api/jobs?kind=bake").await;
        let is_done = |job: &Value| job["state"] == "done";
        page["jobs"].as_array().unwrap().iter().all(is_done).then_some(page)
    })
    .await;
    assert_eq!(page["jobs"].as_array().unwrap().len(), 10);
    receiver.has_made(10).await;
}
