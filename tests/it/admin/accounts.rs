//! `telecine accounts`: who has one, what keeps one from them, and new ones that no crash can lose.

use std::time::Duration;

use mongodb::bson::{Document, doc};
use serde_json::Value;
use telecine::record::Medium;

use super::Administered;
use crate::stack::Stack;
use crate::stack::proxy::{Answer, Fault, Proxy};
use crate::stack::site::{GUEST, PASSWORD, Site};
use crate::support::command::Running;

const CREATE: &str = "createAccount";

impl Administered {
    async fn user(&self, id: &str) -> Document {
        let users = self.site.database().collection::<Document>("users");
        users.find_one(doc! { "_id": id }).await.unwrap().unwrap_or_default()
    }

    /// A member of the site without an account on the PDS.
    async fn member(&self, name: &str, code: &str) -> String {
        let id = format!("auth0|{name}");
        let database = self.site.database();
        database.collection("users").insert_one(doc! { "_id": &id, "code": code, "atproto": null }).await.unwrap();
        database.collection("@handles").insert_one(doc! { "_id": &id, "handle": name }).await.unwrap();
        id
    }

    /// Whether one gets into the account with what MongoDB has.
    async fn is_open(&self, id: &str) -> bool {
        let user = self.user(id).await;
        let atproto = user.get_document("atproto").unwrap();
        let [handle, password, did] = ["handle", "password", "did"].map(|field| atproto.get_str(field).unwrap());
        // Creates it if it is not there; then it has another DID.
        self.site.pds().account(handle, password).await.did == did
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_accounts_are_listed_with_what_was_made_and_what_blocks_them() {
    let admin = Administered::new().await;
    let site = &admin.site;
    let (owner, guest) = (site.account("jeffrey").await, site.guest().await);
    site.add_mood(&owner, "one").await;
    site.add_mood(&owner, "two").await;
    site.add_kidlisp(&guest, "cow", "(wipe blue)").await;
    let lost = admin.member("lost", "ac25lost").await;
    site.add(&owner, Medium::Piece, doc! { "slug": "x", "user": &lost }).await;
    admin.member("idle", "ac25idle").await;
    site.add(&owner, Medium::Mood, doc! { "mood": "x", "user": "auth0|ghost" }).await;

    let run = admin.run("accounts list --json").await.succeeds();
    let mut rows = run.json();
    rows.sort_by_key(|row| row["user"].to_string());
    let field = |name: &str| rows.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    assert_eq!(field("user"), ["auth0|ghost", "auth0|idle", "auth0|jeffrey", "auth0|lost", "guests"]);
    let reason = Value::from("no account on the PDS");
    let blocked = [reason.clone(), "no items".into(), Value::Null, reason, Value::Null];
    assert_eq!(field("blocked"), blocked);
    assert_eq!((&rows[2]["did"], &rows[2]["items"]), (&owner.did().into(), &serde_json::json!({ "moods": 2 })));
    assert_eq!(rows[4]["handle"], guest.handle);

    let run = admin.run("accounts list --blocked").await.succeeds();
    let lines: Vec<_> = run.stdout().lines().collect();
    assert!(lines.len() == 3 && lines[0].starts_with("account   "), "{}", run.stdout());
    assert!(lines[1..].iter().all(|line| line.ends_with("  no account on the PDS")), "{}", run.stdout());
    let nobody = Administered::new().await;
    assert_eq!(nobody.run("accounts list").await.code, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_are_listed_in_bounded_memory() {
    const ACCOUNTS: usize = 42_000;
    let admin = Administered::new().await;
    let users = admin.site.database().collection::<Document>("users");
    let peak = async |count: usize| {
        let run = admin.run("accounts list").await;
        assert_eq!(run.stdout().lines().count(), count + usize::from(count > 0));
        run.peak
    };
    let least = peak(0).await;
    let padding = "x".repeat(200);
    for start in (0..ACCOUNTS).step_by(3_000) {
        let some = (start..start + 3_000).map(|number| {
            let atproto =
                doc! { "did": format!("did:plc:{number:024}"), "handle": format!("u{number}.test"), "password": "p" };
            doc! { "_id": format!("auth0|{number}"), "atproto": atproto, "bio": &padding }
        });
        users.insert_many(some).await.unwrap();
    }
    let most = peak(ACCOUNTS).await;
    assert!(most < least + (6 << 20), "{least} bytes without accounts, {most} with all");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_gets_an_account_by_the_handle_of_the_site() {
    let admin = Administered::new().await;
    let (name, handle) = ("Mr.A_Nice", "mr-a-nice.test");
    let id = admin.member(name, "ac25mrab").await;
    let command = format!("accounts create @{name} --email mra@telecine.test");
    let plan = admin.run(&command).await.succeeds();
    let told = format!(
        "\
user     {id}
handle   {handle}
else     ac25mrab.test
email    mra@telecine.test
invite   not needed
"
    );
    assert_eq!(
        (plan.stdout(), plan.stderr.as_str()),
        (told.as_str(), "nothing was created; pass --live to create the account\n")
    );
    assert!(admin.user(&id).await.get_document("atproto").is_err());

    let run = admin.run(&format!("{command} --live")).await.succeeds();
    let atproto = admin.user(&id).await.get_document("atproto").unwrap().clone();
    let did = atproto.get_str("did").unwrap();
    assert_eq!(run.stdout(), format!("created {handle} {did}\n"));
    let password = atproto.get_str("password").unwrap();
    assert!(password.len() == 32 && !run.stdout().contains(password) && !run.stderr.contains(password));
    let mut fields: Vec<_> = atproto.keys().collect();
    fields.sort();
    assert_eq!(fields, ["created", "did", "handle", "password", "pdsHost"]);
    assert_eq!(atproto.get_str("pdsHost").unwrap(), admin.site.environment()["PDS_URL"]);
    assert!(admin.is_open(&id).await);
    let again = admin.run(&format!("{command} --live")).await;
    assert_eq!((again.code, again.stderr), (Some(3), format!("{id} has the account {did}; nothing to do\n")));
    admin.run(&format!("accounts check --user {handle}")).await.succeeds();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_have_that_handle_gets_the_code() {
    let admin = Administered::new().await;
    let taken = admin.site.account("taken").await;
    let stranger = taken.handle.trim_end_matches(".test");
    for (name, code) in [
        // Taken, kept back by the server, too short, none at all.
        (stranger, "ac25a"),
        ("admin", "ac25b"),
        ("me", "ac25c"),
        ("ünï", "ac25d"),
    ] {
        let id = admin.member(name, code).await;
        let email = format!("{code}@telecine.test");
        let run = admin.run(&format!("accounts create {name} --email {email} --live")).await.succeeds();
        assert!(run.stdout().starts_with(&format!("created {code}.test did:plc:")), "{}", run.stdout());
        assert!(admin.is_open(&id).await);
    }
    // Nor is the stranger's account touched.
    assert_eq!(admin.site.pds().account(&taken.handle, PASSWORD).await.did, taken.did());

    let id = admin.member("su", "").await;
    let run = admin.run("accounts create su --email su@telecine.test --live").await;
    run.fails(1, &format!("error: accounts: handles for {id} are refused: su.test"));
    let run = admin.run("accounts create nobody --email x@telecine.test").await;
    run.fails(1, "error: accounts: handle nobody is unknown");
    assert_eq!(admin.run("accounts create --email x@telecine.test").await.code, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_making_broke_off_is_taken_up() {
    let mut admin = Administered::new().await;
    let proxy = Proxy::of(&admin.site.environment()["PDS_URL"]);
    admin.tell("PDS_URL", proxy.url());

    // Killed when the server has done its part.
    let name = "slain";
    let id = admin.member(name, "").await;
    let command = format!("accounts create {name} --email {name}@telecine.test --live");
    proxy.once(CREATE, Fault::Hold(Duration::from_mins(1)));
    let mut running =
        Running::start(admin.workshop.telecine(&command).envs(admin.site.environment()).env("PDS_URL", proxy.url()));
    let known = || proxy.count(CREATE) > 0;
    running.wait_until(known);
    let has_account = async || {
        let answer = reqwest::get(format!(
            "{}/xrpc/com.atproto.identity.resolveHandle?handle={name}.test",
            admin.site.environment()["PDS_URL"]
        ));
        answer.await.unwrap().status().is_success()
    };
    while !has_account().await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    running.signal("KILL");
    running.finish();
    let pending = admin.user(&id).await.get_document("atproto").unwrap().get_document("pending").unwrap().clone();
    let plan = admin.run(command.trim_end_matches(" --live")).await.succeeds();
    assert!(plan.stdout().contains(&format!("begun    {name}.test; ")), "{}", plan.stdout());
    let run = admin.run(&command).await.succeeds();
    assert!(run.stdout().starts_with(&format!("found {name}.test did:plc:")), "{}", run.stdout());
    assert_eq!(proxy.count(CREATE), 1);
    let atproto = admin.user(&id).await.get_document("atproto").unwrap().clone();
    assert_eq!(atproto.get_str("password").unwrap(), pending.get_str("password").unwrap());
    assert!(!atproto.contains_key("pending") && admin.is_open(&id).await);

    // The answer alone is lost.
    let name = "mute";
    let id = admin.member(name, "").await;
    proxy.once(CREATE, Fault::DropAfter);
    admin.run(&format!("accounts create {name} --email {name}@telecine.test --live")).await.succeeds();
    assert!(admin.is_open(&id).await);

    // Killed before the server gets the request.
    let name = "early";
    let id = admin.member(name, "").await;
    let command = format!("accounts create {name} --email {name}@telecine.test --live");
    proxy.once(CREATE, Fault::Answer(Answer::internal_error()));
    let run = admin.run(&command).await;
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("createAccount may or may not have happened"), "{}", run.stderr);
    let pending = admin.user(&id).await.get_document("atproto").unwrap().get_document("pending").unwrap().clone();
    let run = admin.run(&command).await.succeeds();
    assert!(run.stdout().starts_with("created "), "{}", run.stdout());
    let atproto = admin.user(&id).await.get_document("atproto").unwrap().clone();
    assert_eq!(atproto.get_str("password").unwrap(), pending.get_str("password").unwrap());
    assert!(admin.is_open(&id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_somebody_else_saves_meanwhile_stays() {
    let mut admin = Administered::new().await;
    let proxy = Proxy::of(&admin.site.environment()["PDS_URL"]);
    admin.tell("PDS_URL", proxy.url());
    let id = admin.member("late", "").await;
    proxy.once(CREATE, Fault::Delay(Duration::from_secs(1)));
    let others = doc! { "did": "did:plc:other", "handle": "other.test", "password": "hunter2", "kept": 1 };
    let save = async {
        while proxy.count(CREATE) == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let users = admin.site.database().collection::<Document>("users");
        users.update_one(doc! { "_id": &id }, doc! { "$set": { "atproto": &others } }).await.unwrap();
    };
    let (run, ()) = tokio::join!(admin.run("accounts create late --email late@telecine.test --live"), save);
    assert_eq!(run.code, Some(1));
    let told = format!("error: accounts: {id} was given another account meanwhile; the new account did:plc:");
    assert!(run.stderr.starts_with(&told), "{}", run.stderr);
    assert_eq!(admin.user(&id).await.get_document("atproto").unwrap(), &others);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guest_account_is_made_with_an_invite_code() {
    let stack = tokio::task::spawn_blocking(|| Stack::start(&[("PDS_INVITE_REQUIRED", "true")])).await.unwrap();
    let mut admin = Administered::of(Site::on(&stack).await);
    admin.tell("PDS_ADMIN_PASSWORD", "");
    let command = "accounts create --guest --email guests@telecine.test";
    let unset = "error: accounts: PDS_ADMIN_PASSWORD is not set; set it in the environment or the config file";
    admin.run(command).await.fails(1, unset);
    admin.tell("PDS_ADMIN_PASSWORD", "guess");
    let wrong = admin.run(&format!("{command} --live")).await;
    assert!(
        wrong.code == Some(1) && wrong.stderr.contains("createInviteCode was refused with 401"),
        "{}",
        wrong.stderr
    );
    assert!(!wrong.stderr.contains("guess"), "{}", wrong.stderr);

    admin.changes.clear();
    let plan = admin.run(&format!("{command} --json")).await.succeeds();
    assert_eq!(
        (&plan.json()[0]["inviteCode"], &plan.json()[0]["handles"][0]["handle"]),
        (&true.into(), &"art.test".into())
    );
    let run = admin.run(&format!("{command} --live --json")).await.succeeds();
    assert_eq!(run.json()[0]["handle"], "art.test");
    let atproto = admin.user(GUEST).await.get_document("atproto").unwrap().clone();
    assert_eq!(atproto.get_str("did").unwrap(), run.json()[0]["did"]);
    admin.run("accounts check --anonymous").await.succeeds();
    drop(admin);
    tokio::task::spawn_blocking(move || drop(stack)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_account_that_cannot_be_got_into_says_why() {
    let mut admin = Administered::new().await;
    let site = &admin.site;
    let users = site.database().collection::<Document>("users");
    let change = async |id: &str, field: &str, value: &str| {
        let update = doc! { "$set": { field: value } };
        users.update_one(doc! { "_id": id }, update).await.unwrap();
    };
    let good = site.account("good").await;
    let wrong = site.account("wrong").await;
    change(&wrong.sub, "atproto.password", "guess").await;
    let closed = site.account("closed").await;
    site.pds().post(&closed.session, "com.atproto.server.deactivateAccount", &serde_json::json!({})).await;
    let gone = site.account("gone").await;
    change(&gone.sub, "atproto.did", "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa").await;
    let bare = site.account("bare").await;
    users.update_one(doc! { "_id": &bare.sub }, doc! { "$unset": { "atproto.password": "" } }).await.unwrap();
    admin.member("idle", "ac25idle").await;

    let run = admin.run("accounts check").await;
    let mut lines: Vec<_> = run.stdout().lines().collect();
    let sums = lines.pop().unwrap();
    lines.sort_unstable();
    let expected = [
        String::new(),
        format!("blocked  {}: no password for the account on the PDS", bare.handle),
        format!("blocked  {}: deactivated on the PDS", closed.handle),
        format!("blocked  {}: no such repo on the PDS", gone.handle),
        format!("blocked  {}: wrong password for the account on the PDS", wrong.handle),
        format!("ok       {}", good.handle),
    ];
    assert_eq!((run.code, lines), (Some(1), expected.iter().map(String::as_str).collect()));
    assert_eq!(sums, "1 ok, 4 blocked, 1 without items");
    assert!(!format!("{} {}", run.stdout(), run.stderr).contains(PASSWORD));
    admin.run("accounts check --user ^good").await.succeeds();
    assert_eq!(admin.run("accounts check --user nobody").await.code, Some(3));

    // One whose identity names another server, in the words of a server that says so.
    let proxy = Proxy::of(&site.environment()["PDS_URL"]);
    let service = serde_json::json!([{
        "id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": "https://elsewhere.example",
    }]);
    let moved = serde_json::json!({
        "did": good.did(), "handle": good.handle, "accessJwt": "a", "refreshJwt": "r", "didDoc": { "service": service },
    });
    let headers = vec![("content-type", "application/json".into())];
    proxy.once("createSession", Fault::Answer(Answer { status: 200, headers, body: moved.to_string() }));
    admin.tell("PDS_URL", proxy.url());
    let run = admin.run("accounts check --user ^good --json").await;
    let said = &run.json()[0]["blocked"];
    assert_eq!((run.code, said), (Some(1), &"identity names another server: https://elsewhere.example".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_relay_holds_back_is_told() {
    let admin = Administered::new().await;
    let [one, other] = [admin.site.account("one").await, admin.site.account("other").await];
    // A client of this method cannot distinguish a PDS from a relay.
    let relay = Proxy::of(&admin.site.environment()["PDS_URL"]);
    let body = serde_json::json!({ "did": one.did(), "active": false, "status": "throttled" }).to_string();
    let headers = vec![("content-type", "application/json".into())];
    relay.always(&one.did().replace(':', "%3A"), Fault::Answer(Answer { status: 200, headers, body }));
    let run = admin.run(&format!("accounts check --relay {}", relay.url())).await.succeeds();
    assert_eq!(run.stderr, "warning: 1 of 2 accounts are throttled by the relay\n");
    assert!(run.stdout().contains(&format!("ok       {}; throttled by the relay\n", one.handle)), "{}", run.stdout());
    assert!(run.stdout().contains(&format!("ok       {}\n", other.handle)), "{}", run.stdout());
    assert_eq!(relay.count("getRepoStatus"), 2);
}
