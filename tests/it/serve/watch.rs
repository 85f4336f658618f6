//! Jobs as others see them: pages, the API, events as they happen, and metrics.

use std::time::Duration;

use futures_util::StreamExt;
use mongodb::bson::doc;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use telecine::record::Medium;
use telecine::remote::http_client;

use super::fake_site::FakeSite;
use super::{Serving, eventually};
use crate::stack::site::{Account, Site};
use crate::support::command::{Workshop, run};
use crate::support::tape::TapeBuilder;

pub const TOKEN: &str = "the operator's token";

fn client() -> Client {
    http_client().redirect(Policy::none()).build().unwrap()
}

/// A service with one tape that was baked and one that cannot be.
pub struct Scene {
    site: Site,
    pub oven: Serving,
    receiver: FakeSite,
    owner: Account,
}

impl Scene {
    pub async fn new() -> Scene {
        let site = Site::new().await;
        let owner = site.account("maker").await;
        let oven = Serving::start(&site, &[("TELECINE_ADMIN_TOKEN", TOKEN)]);
        let receiver = FakeSite::new(&site).await;
        let scene = Scene { site, oven, receiver, owner };
        scene.bake("good", None).await;
        scene.bake("bad", Some("not a zip")).await;
        eventually("both ends", async || (scene.receiver.received().codes().len() == 2).then_some(())).await;
        eventually("both jobs over", async || {
            let jobs = scene.json("/api/jobs?kind=bake").await;
            let states: Vec<_> = jobs["jobs"].as_array().unwrap().iter().map(|job| job["state"].clone()).collect();
            (states.contains(&json!("done")) && states.contains(&json!("parked"))).then_some(())
        })
        .await;
        scene
    }

    async fn bake(&self, code: &str, zip: Option<&str>) {
        let id = self.site.add_tape(&self.owner, code, &TapeBuilder::numbered(32, 24, 4)).await;
        if let Some(zip) = zip {
            self.site.put(self.site.user_bucket(), &format!("{}/tape-{code}.zip", self.owner.sub), zip).await;
        }
        let tape = self.site.item(Medium::Tape, id).await;
        assert_eq!(self.oven.bake(&self.receiver, &tape, "").await.0, StatusCode::OK);
    }

    async fn page(&self, path: &str) -> String {
        let response = client().get(self.oven.url(path)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.text().await.unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        let (status, body) = self.oven.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// Every page that there is, with its name.
    pub async fn pages(&self) -> Vec<(&'static str, String)> {
        vec![
            ("overview", "/".to_owned()),
            ("jobs", "/jobs".into()),
            ("failures", "/jobs?state=parked".into()),
            ("tape", format!("/jobs/{}", self.id("good").await)),
            ("failure", format!("/jobs/{}", self.id("bad").await)),
            ("login", "/login".into()),
            ("problem", "/jobs/never".into()),
        ]
    }

    /// The id of the bake of a tape.
    pub async fn id(&self, code: &str) -> String {
        let jobs = self.json(&format!("/api/jobs?kind=bake&q={code}")).await;
        jobs["jobs"][0]["id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_say_what_was_baked_and_what_broke_and_why() {
    let scene = Scene::new().await;
    let overview = scene.page("/").await;
    for text in ["No tape is being baked.", "tape.damaged", "good", "bad"] {
        assert!(overview.contains(text), "{text}\n{overview}");
    }
    let failures = scene.page("/jobs?state=parked&kind=bake").await;
    assert!(failures.contains(">bad<") && !failures.contains(">good<"), "{failures}");
    let job = scene.page(&format!("/jobs/{}", scene.id("good").await)).await;
    for text in [
        "<video",
        "tapes/good.mp4",
        "tapes/good-thumb.jpg",
        "standard@",
        "/media/tapes/good.zip",
        "<dd>32×24</dd>",
        "<dd>4, 0 of them duplicates</dd>",
        "<dt>Sound</dt><dd>none</dd>",
    ] {
        assert!(job.contains(text), "{text}\n{job}");
    }
    let job = scene.page(&format!("/jobs/{}", scene.id("bad").await)).await;
    for text in ["not a readable ZIP archive", "What to do: ", "Replace the ZIP", ", took "] {
        assert!(job.contains(text), "{text}\n{job}");
    }
    assert!(!job.contains("<video"), "{job}");
    assert!(scene.page("/jobs?q=never").await.contains("No matching jobs."));

    for (path, status) in [("/jobs/never", 404), ("/jobs?state=odd", 400), ("/jobs?after=odd", 400)] {
        let response = client().get(scene.oven.url(path)).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
        assert!(response.text().await.unwrap().starts_with("<!DOCTYPE html>"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_strangers_wrote_is_text_on_every_page_and_no_page_runs_scripts_of_its_own() {
    let scene = Scene::new().await;
    let wicked = "<script>alert(1)</script>";
    let jobs = super::stored(&scene.site, "jobs");
    let id = scene.id("bad").await;
    let set = doc! { "$set": { "work.code": wicked, "label": wicked, "failure.text": wicked, "failure.code": wicked } };
    jobs.update_one(doc! { "_id": &id }, set).await.unwrap();
    for path in ["/", "/jobs", &format!("/jobs/{id}"), "/jobs?q=%3Cscript%3E&cause=%22%3E%3Cscript%3E"] {
        let response = client().get(scene.oven.url(path)).send().await.unwrap();
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"), "{policy}");
        let text = response.text().await.unwrap();
        assert!(
            !text.contains("<script>") && !text.contains("style=\"") && !text.contains("onclick"),
            "{path}\n{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_says_the_token_acts() {
    let scene = Scene::new().await;
    let id = scene.id("bad").await;
    let post = |path: &str| client().post(scene.oven.url(path));
    for path in [format!("/jobs/{id}/retry"), "/retry?cause=tape.damaged".into(), format!("/jobs/{id}/cancel")] {
        assert_eq!(post(&path).send().await.unwrap().status(), StatusCode::UNAUTHORIZED, "{path}");
        let forged = post(&path).header(COOKIE, "telecine_operator=x").send().await.unwrap();
        assert_eq!(forged.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    let api = format!("/api/jobs/{id}/retry");
    assert_eq!(post(&api).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(post(&api).bearer_auth("wrong").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(post("/login").body("token=wrong").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert!(!scene.page(&format!("/jobs/{id}")).await.contains("Retry"));

    let form = format!("token={}", TOKEN.replace(' ', "+").replace('\'', "%27"));
    let login = post("/login").body(form).send().await.unwrap();
    assert_eq!(login.headers()[LOCATION], "/");
    let cookie = login.headers()[SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly; SameSite=Strict") && !cookie.contains(TOKEN), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let page = client().get(scene.oven.url(&format!("/jobs/{id}"))).header(COOKIE, cookie).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("Retry"));

    // The ZIP is repaired, and the operator retries.
    let tape = TapeBuilder::numbered(32, 24, 4).zip();
    scene.site.put(scene.site.user_bucket(), &format!("{}/tape-bad.zip", scene.owner.sub), tape).await;
    let retried = post(&format!("/jobs/{id}/retry")).header(COOKIE, cookie).send().await.unwrap();
    assert_eq!(retried.headers()[LOCATION], format!("/jobs/{id}"));
    eventually("the retried bake", async || {
        (scene.json(&format!("/api/jobs/{id}")).await["state"] == "done").then_some(())
    })
    .await;
    let retried = post(&api).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(retried.status(), StatusCode::OK);
    assert!(!scene.oven.log().contains(TOKEN));
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_listed_page_by_page_each_once() {
    let scene = Scene::new().await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = scene.json(&format!("/api/jobs?kind=bake&limit=1&after={after}")).await;
        seen.extend(page["jobs"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    let all = scene.json("/api/jobs?kind=bake&limit=500").await;
    let all: Vec<_> =
        all["jobs"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect();
    let (distinct, expected): (std::collections::BTreeSet<_>, std::collections::BTreeSet<_>) =
        (seen.iter().collect(), all.iter().collect());
    assert_eq!((distinct.len(), &distinct), (seen.len(), &expected));
    let one = scene.json(&format!("/api/jobs/{}", scene.id("good").await)).await;
    assert_eq!((&one["state"], &one["outcome"]["baked"]["frames"]), (&json!("done"), &json!(4)));
    assert_eq!(one["history"].as_array().unwrap().len(), 1);
    assert_eq!(scene.oven.get("/api/jobs/never").await.0, StatusCode::NOT_FOUND);
    assert_eq!(scene.oven.get("/api/jobs?limit=0").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_hears_of_every_stage_and_of_the_end_of_the_service() {
    let scene = Scene::new().await;
    let response = client().get(scene.oven.url("/events")).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut chunks = response.bytes_stream();
    let mut text = String::new();
    let mut hear = async |what: &str| {
        while !text.contains(what) {
            let chunk = tokio::time::timeout(Duration::from_mins(1), chunks.next()).await;
            let chunk = chunk.unwrap_or_else(|_| panic!("{what} is not in\n{text}"));
            text.push_str(std::str::from_utf8(&chunk.expect("it goes on").unwrap()).unwrap());
        }
    };
    hear("event: hello").await;
    scene.bake("third", None).await;
    hear("\"label\":\"third\"").await;
    hear("\"state\":\"done\"").await;
    let Scene { oven, site: _site, receiver: _receiver, .. } = scene;
    let stopped = tokio::task::spawn_blocking(move || oven.stop());
    hear("event: goodbye").await;
    assert_eq!(stopped.await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_what_ended_and_name_nobody() {
    let scene = Scene::new().await;
    assert_eq!(scene.oven.get("/metrics").await.0, StatusCode::UNAUTHORIZED);
    let metrics = client().get(scene.oven.url("/metrics")).bearer_auth(TOKEN).send().await.unwrap();
    let text = metrics.text().await.unwrap();
    for line in [
        "telecine_jobs{kind=\"bake\",state=\"done\"} 1",
        "telecine_jobs{kind=\"bake\",state=\"parked\"} 1",
        "telecine_attempts_total{kind=\"bake\",state=\"parked\",cause=\"tape.damaged\"} ",
        "telecine_job_seconds_count{kind=\"bake\"} ",
        "# EOF",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    for name in ["good", "maker", "did:"] {
        assert!(!text.contains(name), "{name}\n{text}");
    }
    assert_eq!(scene.json("/ready").await["status"], "ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_sees_and_mends_jobs_from_the_command_line() {
    let scene = Scene::new().await;
    let telecine = async |arguments: String| {
        let workshop = Workshop::new();
        let mut command = workshop.telecine(&arguments);
        command.envs(scene.site.environment()).env("TELECINE_DATABASE", super::database(&scene.site));
        let run = tokio::task::spawn_blocking(move || run(&mut command)).await.unwrap();
        drop(workshop);
        run
    };
    let listed = telecine("jobs list --state parked".into()).await.succeeds();
    let (bad, good) = (scene.id("bad").await, scene.id("good").await);
    assert!(listed.stdout().contains(&bad) && listed.stdout().contains("tape.damaged"), "{}", listed.stdout());
    assert!(!listed.stdout().contains(&good));
    let shown = telecine(format!("jobs show {bad}")).await.succeeds();
    assert!(shown.stdout().starts_with("bake bad: parked\n  tape.damaged: not a readable ZIP"), "{}", shown.stdout());
    assert_eq!(telecine("jobs list --cause never.heard".into()).await.code, Some(3));
    let missing = "error: job never cannot be parked: it does not exist, or is in another state";
    telecine("jobs park never".into()).await.fails(1, missing);
    telecine("jobs show never".into()).await.fails(1, "error: jobs: job never is not in MongoDB");
    assert_eq!(telecine("jobs list --state odd".into()).await.code, Some(2));

    let tape = TapeBuilder::numbered(32, 24, 4).zip();
    scene.site.put(scene.site.user_bucket(), &format!("{}/tape-bad.zip", scene.owner.sub), tape).await;
    assert_eq!(telecine("jobs retry --cause tape.damaged".into()).await.succeeds().stdout(), "1 retried\n");
    eventually("the retried bake", async || {
        (scene.json(&format!("/api/jobs/{bad}")).await["state"] == "done").then_some(())
    })
    .await;
}
