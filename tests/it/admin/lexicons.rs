//! `telecine lexicons`: what is published is what is there, and nothing is broken unasked.

use std::time::Duration;

use serde_json::{Value, json};
use telecine::record::Medium;

use super::Administered;
use super::nameserver::Nameserver;
use crate::stack::proxy::{Fault, Proxy};

const COLLECTION: &str = "com.atproto.lexicon.schema";
const DOMAIN: &str = "_lexicon.aesthetic.computer";

/// The file of a medium's lexicon.
fn file(medium: Medium) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/lexicons/computer/aesthetic");
    serde_json::from_slice(&std::fs::read(format!("{folder}/{medium}.json")).unwrap()).unwrap()
}

/// The same as it would be published.
fn record(medium: Medium) -> Value {
    let mut record = file(medium);
    record["$type"] = COLLECTION.into();
    record
}

fn field<'a>(lexicon: &'a mut Value, name: &str) -> &'a mut Value {
    &mut lexicon["defs"]["main"]["record"]["properties"][name]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_is_what_is_in_the_files() {
    let admin = Administered::new().await;
    let guest = admin.site.guest().await;
    let plan = admin.run("lexicons publish").await.succeeds();
    assert_eq!(plan.stdout().matches(" create").count(), 5, "{}", plan.stdout());
    assert_eq!(plan.stderr, "nothing was published; pass --live to publish\n");
    assert!(admin.site.pds().records(guest.did(), COLLECTION).await.is_empty());

    let run = admin.run("lexicons publish --live").await.succeeds();
    assert!(run.stdout().contains(&format!("dns       {DOMAIN} TXT \"did={}\"", guest.did())), "{}", run.stdout());
    let records = admin.site.pds().records(guest.did(), COLLECTION).await;
    assert_eq!(records.len(), 5);
    for medium in Medium::ALL {
        let found = records.iter().find(|record| record.rkey == medium.collection()).unwrap();
        assert_eq!(found.value, record(medium));
    }
    let again = admin.run("lexicons publish --live --json").await;
    assert_eq!(again.code, Some(3), "{}", again.stderr);
    assert!(again.json()[0]["lexicons"].as_array().unwrap().iter().all(|one| one["action"] == "unchanged"));
    let check = admin.run("lexicons check --json").await.succeeds();
    assert!(check.json().iter().all(|one| one["valid"] == true && one["published"] == "same"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_differs_is_published() {
    let admin = Administered::new().await;
    let owner = admin.site.account("jeffrey").await;
    let pds = admin.site.pds();
    let mut older = record(Medium::Mood);
    older["defs"]["main"]["description"] = "as it once was".into();
    older["defs"]["main"]["record"]["properties"].as_object_mut().unwrap().remove("text");
    pds.put_record(&owner.session, COLLECTION, Medium::Mood.collection(), &older).await;
    pds.put_record(&owner.session, COLLECTION, Medium::Tape.collection(), &record(Medium::Tape)).await;

    let check = admin.run("lexicons check --account @jeffrey").await.succeeds();
    assert!(check.stdout().ends_with("\ncompatible  computer.aesthetic.mood: text is new\n"), "{}", check.stdout());
    let run = admin.run("lexicons publish --account jeffrey --live --json").await.succeeds();
    let lexicons = run.json()[0]["lexicons"].clone();
    let action = |medium: Medium| {
        let lexicons = lexicons.as_array().unwrap().iter();
        lexicons.clone().find(|one| one["lexicon"] == medium.collection()).unwrap()["action"].clone()
    };
    let actions = [Medium::Mood, Medium::Tape, Medium::Piece].map(action);
    assert_eq!(actions, ["update", "unchanged", "create"]);
    let records = pds.records(owner.did(), COLLECTION).await;
    assert_eq!(records.len(), 5);
    assert!(records.iter().any(|found| found.value == record(Medium::Mood)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_break_somebody_is_published_only_when_that_is_meant() {
    let admin = Administered::new().await;
    let guest = admin.site.guest().await;
    let pds = admin.site.pds();
    let mut published = record(Medium::Mood);
    field(&mut published, "text")["maxLength"] = 6000.into();
    published["defs"]["main"]["record"]["required"] = json!(["mood", "when"]);
    pds.put_record(&guest.session, COLLECTION, Medium::Mood.collection(), &published).await;
    let told = "\
breaking    computer.aesthetic.mood: text.maxLength was 6000 and is 5000; existing records may violate it
breaking    computer.aesthetic.mood: ref is required and was optional; existing records may violate it
";
    let check = admin.run("lexicons check").await;
    assert_eq!((check.code, check.stdout().ends_with(told)), (Some(1), true), "{}", check.stdout());
    let run = admin.run("lexicons publish --live").await;
    assert_eq!(run.code, Some(1));
    assert_eq!(run.stderr, "error: nothing was published; pass --allow-breaking to publish breaking changes\n");
    let records = pds.records(guest.did(), COLLECTION).await;
    assert_eq!((records.len(), &records[0].value), (1, &published));

    admin.run("lexicons publish --live --allow-breaking").await.succeeds();
    let records = pds.records(guest.did(), COLLECTION).await;
    assert!(records.len() == 5 && records.iter().any(|found| found.value == record(Medium::Mood)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_broke_off_is_taken_up() {
    let mut admin = Administered::new().await;
    let guest = admin.site.guest().await;
    let proxy = Proxy::of(&admin.site.environment()["PDS_URL"]);
    admin.tell("PDS_URL", proxy.url());
    proxy.next("putRecord", [None, Some(Fault::DropAfter)]);
    let run = admin.run("lexicons publish --live").await;
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("putRecord may or may not have happened"), "{}", run.stderr);
    admin.run("lexicons publish --live").await.succeeds();
    assert_eq!(admin.site.pds().records(guest.did(), COLLECTION).await.len(), 5);
    assert_eq!(proxy.count("putRecord"), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_publishes_meanwhile_stays() {
    let mut admin = Administered::new().await;
    let guest = admin.site.guest().await;
    let proxy = Proxy::of(&admin.site.environment()["PDS_URL"]);
    admin.tell("PDS_URL", proxy.url());
    proxy.once("putRecord", Fault::Delay(Duration::from_secs(2)));
    let theirs = record(Medium::Mood);
    let meanwhile = async {
        while proxy.count("putRecord") == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let mut theirs = theirs.clone();
        theirs["defs"]["main"]["description"] = "theirs".into();
        admin.site.pds().put_record(&guest.session, COLLECTION, Medium::Mood.collection(), &theirs).await;
    };
    let (run, ()) = tokio::join!(admin.run("lexicons publish --live"), meanwhile);
    run.fails(1, "error: lexicons: com.atproto.repo.putRecord found that the repo has changed");
    let records = admin.site.pds().records(guest.did(), COLLECTION).await;
    assert_eq!((records.len(), &records[0].value["defs"]["main"]["description"]), (1, &"theirs".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn dns_says_whose_word_counts() {
    let admin = Administered::new().await;
    let guest = admin.site.guest().await;
    admin.run("lexicons publish --live").await.succeeds();
    let right = format!("did={}", guest.did());
    let needed = format!("needed   {DOMAIN} TXT \"{right}\"\n");
    for (texts, said) in [
        (vec!["v=spf1 -all", &right], format!("dns      {DOMAIN} verified\n")),
        (vec!["v=spf1 -all"], format!("dns      {DOMAIN} missing\n{needed}")),
        (vec!["did=did:plc:other"], format!("dns      {DOMAIN} points to another DID: did:plc:other\n{needed}")),
        (
            vec!["did=did:plc:other", &right],
            format!("dns      {DOMAIN} points to another DID: did:plc:other and {}\n{needed}", guest.did()),
        ),
    ] {
        let server = Nameserver::of(DOMAIN, &texts);
        let run = admin.run(&format!("lexicons status --nameserver {}", server.address())).await.succeeds();
        assert_eq!(run.stdout().matches("  published\n").count(), 6, "{}", run.stdout());
        assert!(run.stdout().ends_with(&said), "{said} {}", run.stdout());
    }
    let server = Nameserver::of("other.example", &[]);
    let run = admin.run(&format!("lexicons status --nameserver {}", server.address())).await.succeeds();
    assert!(run.stdout().ends_with(&format!("{DOMAIN} missing\n{needed}")), "{}", run.stdout());
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_of_dns_is_no_failure() {
    let admin = Administered::new().await;
    admin.site.guest().await;
    // Nothing listens there: its listener is gone.
    let nobody = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let run = admin.run(&format!("lexicons status --json --nameserver {nobody}")).await.succeeds();
    let tape = &run.json()[4];
    assert_eq!((&tape["lexicon"], &tape["status"]), (&"computer.aesthetic.tape".into(), &"not published".into()));
    let said = tape["dns"]["status"].as_str().unwrap();
    assert!(said.starts_with("cannot be resolved here: "), "{said}");
    let failing = Nameserver::failing();
    let run = admin.run(&format!("lexicons status --nameserver {}", failing.address())).await.succeeds();
    let said = format!("dns      {DOMAIN} cannot be resolved here: ");
    assert!(run.stdout().lines().last().unwrap().starts_with(&said), "{}", run.stdout());
    let run = admin.run("lexicons status --nameserver somewhere").await;
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("expected an address such as 9.9.9.9 or 127.0.0.1:5353"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_checked_without_any_server() {
    let admin = Administered::new().await;
    let run = admin.workshop.run("lexicons check --offline").succeeds();
    assert_eq!(run.stdout().matches("  valid     not compared\n").count(), 5, "{}", run.stdout());

    let mut mood = file(Medium::Mood);
    field(&mut mood, "text")["maxLength"] = 6000.into();
    admin.workshop.put("mood.json", mood.to_string());
    mood["defs"]["main"]["key"] = "any".into();
    admin.workshop.put("odd.json", mood.to_string());
    let run = admin.workshop.run("lexicons check --offline mood.json odd.json");
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""));
    assert!(run.stdout().contains("invalid     odd.json: unknown variant `any`, expected `tid`"), "{}", run.stdout());
    let run = admin.workshop.run("lexicons check --offline none.json");
    assert!(run.stderr.starts_with("error: lexicons: cannot read none.json"), "{}", run.stderr);

    let guest = admin.site.guest().await;
    admin.run("lexicons publish --live").await.succeeds();
    let run = admin.run("lexicons check mood.json").await;
    assert_eq!(run.code, Some(1));
    let told = "text.maxLength was 5000 and is 6000; readers of the old version may refuse new records";
    assert!(run.stdout().contains(told), "{} {}", guest.handle, run.stdout());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_compared_fails_and_says_so() {
    let mut admin = Administered::new().await;
    let run = admin.run("lexicons check").await;
    assert_eq!(run.code, Some(1));
    let told =
        "error: the published lexicons are unknown; --offline skips the comparison: guest account is not in MongoDB\n";
    assert_eq!(run.stderr, told);
    assert_eq!(run.stdout().matches("  valid     not compared\n").count(), 5);
    let run = admin.run("lexicons publish --account nobody").await;
    run.fails(1, "error: lexicons: account nobody is not in MongoDB");
    admin.site.guest().await;
    admin.tell("MONGODB_CONNECTION_STRING", "");
    let run = admin.run("lexicons status").await;
    run.fails(1, "error: lexicons: MONGODB_CONNECTION_STRING is not set; set it in the environment or the config file");
}
