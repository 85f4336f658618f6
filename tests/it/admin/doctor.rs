//! `telecine doctor`: what is well is said to be, and what is not is found, each by itself, with what to do about it.

use std::time::{Duration, SystemTime};

use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use super::Administered;
use crate::stack::proxy::{Answer, Fault, Proxy};
use crate::support::command::Run;

/// The checks, in order.
const ORDER: [&str; 14] = [
    "settings",
    "mongodb",
    "mongodb role",
    "mongodb replica set",
    "mongodb indexes",
    "pds",
    "pds clock",
    "pds blobs",
    "pds rate limits",
    "guest account",
    "planned work",
    "spaces",
    "bucket",
    "libav",
];

/// A finding's level, detail and remedy.
fn finding(run: &Run, what: &str) -> (String, String, String) {
    let findings = run.json();
    let found = findings.iter().find(|found| found["what"] == what).unwrap_or_else(|| panic!("{what}: {findings:?}"));
    let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    (text("level"), text("detail"), text("remedy"))
}

fn levels(run: &Run, level: &str) -> Vec<String> {
    let findings = run.json();
    let found = findings.iter().filter(|found| found["level"] == level);
    found.map(|found| found["what"].as_str().unwrap().to_owned()).collect()
}

impl Administered {
    /// A site where nothing is wrong.
    async fn healthy() -> Administered {
        let admin = Administered::new().await;
        let site = &admin.site;
        let guest = site.guest().await;
        site.add_kidlisp(&guest, "cow", "(wipe blue)").await;
        for bucket in ["art", "user", "at-blobs"] {
            site.put(site.bucket_of(bucket), "a b.png", "picture").await;
        }
        admin.make_indexes().await;
        admin
    }

    async fn make_indexes(&self) {
        for (collection, fields) in [
            ("moods", vec!["user"]),
            ("pieces", vec!["user", "slug"]),
            ("kidlisp", vec!["user", "code"]),
            ("paintings", vec!["user", "code"]),
            ("tapes", vec!["user", "code"]),
            ("users", vec!["atproto.handle"]),
            ("@handles", vec!["handle"]),
        ] {
            let indexes = fields.iter().map(|field| doc! { "key": { *field: 1 }, "name": *field }).collect::<Vec<_>>();
            let command = doc! { "createIndexes": collection, "indexes": indexes };
            self.site.database().run_command(command).await.unwrap();
        }
    }

    /// Puts a proxy in front of a server.
    fn proxy(&mut self, name: &'static str) -> Proxy {
        let proxy = Proxy::of(&self.site.environment()[name]);
        self.tell(name, proxy.url());
        proxy
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_where_nothing_is_wrong_is_told_so_in_order() {
    let admin = Administered::healthy().await;
    let run = admin.run("doctor").await.succeeds();
    let lines: Vec<_> = run.stdout().lines().collect();
    let wrong: Vec<_> = lines.iter().filter(|line| !line.starts_with("ok    ")).collect();
    // How much room there is on this machine's disk is not ours to say; servers before 0.5 do not tell their limit.
    let is_known = |line: &str| line.contains("  disk  ") || line.contains("the server announces no limit");
    assert!(wrong.iter().all(|line| is_known(line)), "{}", run.stdout());
    let places: Vec<_> = ORDER.iter().map(|what| lines.iter().position(|line| line[6..].starts_with(what))).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} {}", run.stdout());
    let json = admin.run("doctor --json").await.succeeds();
    assert_eq!(json.json().len(), lines.len());
    assert_eq!(finding(&json, "pds clock").0, "ok");
    let access = finding(&json, &format!("bucket {}", admin.site.user_bucket()));
    assert_eq!(access.1, "public");
    let guest = finding(&json, "guest account").1;
    assert_eq!(guest, format!("{}, login works", admin.site.handle("art")));
    assert_eq!(finding(&json, "planned work").1, "1 item of 1 owner; a full sync takes about 1 min");
    for secret in ["stack-secret", "stack-admin"] {
        assert!(!json.stdout().contains(secret));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn indexes_that_are_missing_come_with_the_command_that_makes_them() {
    let admin = Administered::new().await;
    let guest = admin.site.guest().await;
    admin.site.add_kidlisp(&guest, "cow", "(wipe blue)").await;
    let run = admin.run("doctor --json").await.succeeds();
    let findings = run.json();
    let remedies: Vec<_> =
        findings.iter().filter(|found| found["what"] == "mongodb indexes").map(|found| &found["remedy"]).collect();
    // Of collections that are there.
    let expected = [("kidlisp", "user"), ("kidlisp", "code"), ("users", "atproto.handle")]
        .map(|(collection, field)| format!("db.getCollection(\"{collection}\").createIndex({{ \"{field}\": 1 }})"));
    assert_eq!(
        remedies,
        expected.iter().map(|remedy| Value::from(remedy.as_str())).collect::<Vec<_>>().iter().collect::<Vec<_>>()
    );
    admin.make_indexes().await;
    let run = admin.run("doctor --json").await.succeeds();
    assert_eq!(finding(&run, "mongodb indexes"), ("ok".into(), "all present".into(), String::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_depends_on_a_server_that_is_gone_is_not_looked_at_and_says_why() {
    let mut admin = Administered::healthy().await;
    // Nothing listens there: its listener is gone.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let art = admin.site.art_bucket().to_owned();
    for (name, value, failed, skipped, because) in [
        (
            "PDS_URL",
            format!("http://{nobody}"),
            "pds",
            ["pds clock", "pds blobs", "pds rate limits", "guest account", "planned work"].as_slice(),
            "skipped: the pds cannot be reached",
        ),
        (
            "MONGODB_CONNECTION_STRING",
            format!("mongodb://reader:hunter2@{nobody}/?serverSelectionTimeoutMS=500"),
            "mongodb",
            &["mongodb role", "mongodb replica set", "mongodb indexes", "guest account", "planned work"],
            "skipped: mongodb cannot be reached",
        ),
        (
            "ART_SPACES_ENDPOINT",
            format!("http://{nobody}"),
            "spaces",
            &[&format!("bucket {art}")],
            "skipped: spaces cannot be reached",
        ),
    ] {
        admin.changes = vec![(name, value)];
        let run = admin.run("doctor --json").await;
        assert_eq!((run.code, levels(&run, "fail")), (Some(1), vec![failed.to_owned()]), "{}", run.stdout());
        for what in skipped {
            assert_eq!(finding(&run, what), ("skip".into(), because.into(), String::new()));
        }
        assert!(run.elapsed < Duration::from_secs(20), "{:?}", run.elapsed);
        assert!(!run.stdout().contains("hunter2"), "{}", run.stdout());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_write_is_found() {
    let mut admin = Administered::healthy().await;
    let database = admin.site.database();
    let role = doc! { "role": "read", "db": database.name() };
    database.run_command(doc! { "createUser": "reader", "pwd": "hunter2", "roles": [role] }).await.unwrap();
    let url = admin.site.environment()["MONGODB_CONNECTION_STRING"].clone();
    let name = database.name().to_owned();
    let url = url.replace("mongodb://", "mongodb://reader:hunter2@");
    admin.tell("MONGODB_CONNECTION_STRING", format!("{url}&authSource={name}"));
    let run = admin.run("doctor --json").await;
    assert_eq!((run.code, levels(&run, "fail")), (Some(1), vec!["mongodb role".to_owned()]), "{}", run.stdout());
    assert!(finding(&run, "mongodb role").2.starts_with("grant readWrite"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_account_that_cannot_be_used_is_found() {
    let admin = Administered::healthy().await;
    let users = admin.site.database().collection::<Document>("users");
    let guest = doc! { "_id": "art-guest" };
    users.update_one(guest.clone(), doc! { "$set": { "atproto.password": "guess" } }).await.unwrap();
    let run = admin.run("doctor --json").await;
    let (level, detail, _) = finding(&run, "guest account");
    assert_eq!((run.code, level.as_str()), (Some(1), "fail"));
    assert!(detail.ends_with(": wrong password for the account on the PDS"), "{detail}");
    // An account that is there cannot be created.
    users.update_one(guest.clone(), doc! { "$unset": { "atproto.password": "" } }).await.unwrap();
    let (level, detail, remedy) = finding(&admin.run("doctor --json").await, "guest account");
    assert_eq!(
        (level.as_str(), remedy.as_str()),
        ("fail", "store it in atproto.password of users._id \"art-guest\" in MongoDB")
    );
    assert!(detail.ends_with(": no password for the account on the PDS"), "{detail}");
    users.update_one(guest.clone(), doc! { "$unset": { "atproto": "" } }).await.unwrap();
    let (_, detail, remedy) = finding(&admin.run("doctor --json").await, "guest account");
    assert!(detail == "no account on the PDS" && remedy.starts_with("telecine accounts create --guest"), "{remedy}");
    users.delete_one(guest).await.unwrap();
    let (level, detail, remedy) = finding(&admin.run("doctor --json").await, "guest account");
    assert_eq!((level.as_str(), remedy.as_str()), ("fail", "telecine accounts create --guest --email ADDRESS --live"));
    assert_eq!(detail, "not in MongoDB, so anonymous items cannot be synced");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_another_time_and_smaller_limits_is_found() {
    let mut admin = Administered::healthy().await;
    let proxy = admin.proxy("PDS_URL");
    let answer = |headers: Vec<(&'static str, String)>, body: Value| {
        let mut all = vec![("content-type", "application/json".to_owned())];
        all.extend(headers);
        Fault::Answer(Answer { status: 200, headers: all, body: body.to_string() })
    };
    let ago = |seconds| httpdate(SystemTime::now() - Duration::from_secs(seconds));
    let described = |limit: Option<u64>| {
        let mut body = json!({ "did": "did:web:localhost", "availableUserDomains": [".test"] });
        if let Some(limit) = limit {
            body["blobUploadLimit"] = limit.into();
        }
        body
    };
    for (seconds, level, limit, blobs) in [
        (
            120,
            "warn",
            Some(5_242_880),
            "up to 5242880 bytes, so long tapes are encoded smaller than the lexicon's limit of 52428800 and than the limits of presets standard, swift, small, crisp, incumbent",
        ),
        (7_200, "fail", None, "the server announces no limit; 5242880 bytes are assumed"),
    ] {
        proxy.once("_health", answer(vec![("date", ago(seconds))], json!({ "version": "0.4.100" })));
        proxy.once("describeServer", answer(Vec::new(), described(limit)));
        let run = admin.run("doctor --json").await;
        assert_eq!(run.code, Some(i32::from(level == "fail")), "{}", run.stdout());
        assert_eq!(finding(&run, "pds").1, "release 0.4.100");
        let (clock, detail, remedy) = finding(&run, "pds clock");
        assert_eq!((clock.as_str(), remedy.as_str()), (level, "synchronize the clocks of both machines by NTP"));
        let told: u64 = detail.split(' ').next().unwrap().parse().unwrap();
        assert!(told.abs_diff(seconds) <= 2 && detail.ends_with(" s behind ours"), "{detail}");
        let remedy = "set PDS_BLOB_UPLOAD_LIMIT of the server to 52428800".to_owned();
        assert_eq!(finding(&run, "pds blobs"), ("warn".into(), blobs.into(), remedy));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rate_limits_that_a_sync_would_wait_for_are_weighed_against_it() {
    let mut admin = Administered::healthy().await;
    let tapes = admin.site.database().collection::<Document>("tapes");
    let documents = (0..1_002).map(|number| doc! { "code": format!("t{number}"), "slug": "s" });
    tapes.insert_many(documents).await.unwrap();
    let run = admin.run("doctor --json").await.succeeds();
    assert_eq!(finding(&run, "planned work").0, "ok");
    let proxy = admin.proxy("PDS_URL");
    let body = json!({ "did": "did:web:localhost", "availableUserDomains": [".test"], "blobUploadLimit": 52_428_800 });
    let reset = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() + 300;
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("ratelimit-limit", "3000".into()),
        ("ratelimit-remaining", "2999".into()),
        ("ratelimit-reset", reset.to_string()),
        ("ratelimit-policy", "3000;w=300".into()),
    ];
    proxy.once("describeServer", Fault::Answer(Answer { status: 200, headers, body: body.to_string() }));
    let run = admin.run("doctor --json").await.succeeds();
    assert_eq!(finding(&run, "pds rate limits").1, "3000 requests in 300 s");
    let (level, detail, remedy) = finding(&run, "planned work");
    assert_eq!((level.as_str(), detail.as_str()), ("warn", "1003 items of 1 owner; a full sync takes about 48 h"));
    assert!(remedy.starts_with("set PDS_RATE_LIMIT_BYPASS_KEY"), "{remedy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_tell_who_may_read_them() {
    let mut admin = Administered::healthy().await;
    let (art, user) = (admin.site.art_bucket().to_owned(), admin.site.user_bucket().to_owned());
    admin.tell("AT_BLOBS_SPACES_BUCKET", "nowhere");
    let proxy = admin.proxy("ART_SPACES_ENDPOINT");
    proxy.always(&format!("HEAD /{user}/"), Fault::Answer(Answer::access_denied()));
    proxy.always(&format!("GET /{art}"), Fault::Answer(Answer::access_denied()));
    let run = admin.run("doctor --json").await;
    assert_eq!(run.code, Some(1));
    let said = |bucket: &str| {
        let (level, detail, _) = finding(&run, &format!("bucket {bucket}"));
        format!("{level} {detail}")
    };
    assert_eq!(said("nowhere"), "fail does not exist");
    assert_eq!(said(&user), "ok readable with the keys");
    assert_eq!(said(&art), "warn the keys cannot list it, and possibly cannot read it");

    // Only what a stranger could fetch is public.
    proxy.heal();
    for (status, expected) in [(404, "ok readable with the keys"), (503, "503 Service Unavailable"), (302, "302 Found")]
    {
        let answer = Answer { status, headers: Vec::new(), body: String::new() };
        proxy.once(&format!("HEAD /{user}/"), Fault::Answer(answer));
        let (level, detail, _) = finding(&admin.run("doctor --json").await, &format!("bucket {user}"));
        let said = format!("{level} {detail}");
        assert!(said == expected || level == "fail" && said.ends_with(expected), "{status}: {said}");
    }

    admin.tell("ART_SPACES_KEY", "");
    admin.tell("ART_SPACES_SECRET", "");
    let run = admin.run("doctor --json").await.succeeds();
    let (level, detail, _) = finding(&run, &format!("bucket {art}"));
    assert_eq!(format!("{level} {detail}"), "warn without keys, it must be public");
    let (_, detail, _) = finding(&run, "settings");
    let costs = [
        "PDS_RATE_LIMIT_BYPASS_KEY, rate limits apply",
        "ART_SPACES_KEY, only public files can be read",
        "ART_SPACES_SECRET, only public files can be read",
    ];
    assert_eq!(detail, costs.map(|cost| format!("without {cost}")).join("; "));
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_work_are_found() {
    let mut admin = Administered::healthy().await;
    admin.tell("ART_SPACES_SECRET", "");
    admin.tell("PDS_URL", "at.example");
    admin.tell("TMPDIR", "/nowhere");
    let run = admin.run("doctor --json").await;
    assert_eq!(run.code, Some(1));
    assert_eq!(levels(&run, "fail"), ["settings", "settings", "pds", "spaces", "disk"]);
    let (_, detail, _) = finding(&run, "settings");
    assert_eq!(detail, "PDS_URL is \"at.example\"; expected an address such as https://example.com");
    assert_eq!(finding(&run, "disk").2, "set TMPDIR to a folder with space for tapes");
}

/// A time as HTTP has it.
fn httpdate(time: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(time).unwrap();
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
