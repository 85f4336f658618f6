//! The PDS: what is written is what is read, and every failure is what it is.

use std::time::Duration;

use bytes::Bytes;
use secrecy::SecretString;
use telecine::error::{Disposition, Error, RemoteError};
use telecine::record::{BlobRef, Content, Files, Id, Item, Medium, Record, StoredKeys, build};
use telecine::remote::Pds;
use telecine::remote::pds::{Body, Session, Swap, Write};

use super::is_send;
use crate::stack::Stack;
use crate::stack::proxy::{Answer, Fault, Proxy};
use crate::stack::site::{Account, PASSWORD, Site};

const APPLY: &str = "applyWrites";

/// A site with one account, and the PDS behind a proxy.
struct Scene {
    site: Site,
    owner: Account,
    proxy: Proxy,
    pds: Pds,
}

impl Scene {
    async fn new() -> Scene {
        let site = Site::new().await;
        let owner = site.account("jeffrey").await;
        let proxy = Proxy::of(&site.environment()["PDS_URL"]);
        let pds = Pds::new(&proxy.url().parse().unwrap(), None).unwrap();
        Scene { site, owner, proxy, pds }
    }

    async fn login(&self) -> Session {
        is_send(self.pds.login(self.owner.did(), &SecretString::from(PASSWORD))).await.unwrap()
    }
}

fn mood(number: u8) -> Record {
    let content = Content::Mood { text: format!("mood {number}") };
    let (id, when) = (Id([number; 12]), 1_760_659_200_000 + i64::from(number));
    build(&Item { id, when, keys: StoredKeys::default(), nuked: false, content }, &Files::default()).unwrap()
}

fn creations(numbers: std::ops::Range<u8>) -> Vec<Write> {
    numbers.map(|number| Write::Create { rkey: format!("mood-{number}"), record: mood(number) }).collect()
}

#[tokio::test]
async fn what_is_written_is_read_in_every_way() {
    let scene = Scene::new().await;
    let Scene { pds, owner, .. } = &scene;
    let session = scene.login().await;
    assert_eq!((session.did(), session.handle()), (owner.did(), owner.handle.as_str()));

    let empty = is_send(pds.repo(owner.did())).await.unwrap().unwrap();
    assert_eq!(empty.records, []);
    let writes = creations(0..200);
    let applied = is_send(pds.apply_writes(&session, &writes, Some(&empty.commit))).await.unwrap();
    let full = pds.repo(owner.did()).await.unwrap().unwrap();
    assert_eq!((full.commit, &full.rev, full.records.len()), (applied.commit, &applied.rev, 200));
    for (number, result) in applied.results.iter().enumerate() {
        let record = mood(number as u8);
        let written = result.as_ref().unwrap();
        assert_eq!(written.uri, format!("at://{}/computer.aesthetic.mood/mood-{number}", owner.did()));
        let read = full.records.iter().find(|read| read.rkey == format!("mood-{number}")).unwrap();
        assert_eq!((read.cid, &read.value, read.medium()), (written.cid, record.value(), Some(Medium::Mood)));
        assert_eq!(written.cid, record.cid());
    }
    let one = is_send(pds.get_record(owner.did(), "computer.aesthetic.mood", "mood-7")).await.unwrap().unwrap();
    assert!(full.records.contains(&one));
    assert_eq!(pds.get_record(owner.did(), "computer.aesthetic.mood", "none").await.unwrap(), None);

    let change = [
        Write::Update { rkey: "mood-0".into(), record: mood(201) },
        Write::Delete { medium: Medium::Mood, rkey: "mood-1".into() },
    ];
    let changed = pds.apply_writes(&session, &change, None).await.unwrap();
    assert_eq!((changed.results.len(), &changed.results[1]), (2, &None));
    assert_eq!(pds.repo(owner.did()).await.unwrap().unwrap().records.len(), 199);
}

#[tokio::test]
async fn lists_tell_the_same_as_the_whole_repo() {
    let scene = Scene::new().await;
    let Scene { pds, owner, proxy, .. } = &scene;
    let session = scene.login().await;
    pds.apply_writes(&session, &creations(0..150), None).await.unwrap();
    let whole = pds.repo(owner.did()).await.unwrap().unwrap();
    proxy.once("getRepo", Fault::Answer(Answer::xrpc(404, "XRPCNotSupported", "no")));
    let listed = pds.repo(owner.did()).await.unwrap().unwrap();
    assert_eq!((listed.commit, &listed.rev), (whole.commit, &whole.rev));
    assert_eq!(listed.records, whole.records);
}

#[tokio::test]
async fn nobody_has_no_repo() {
    let scene = Scene::new().await;
    let did = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
    assert!(scene.pds.repo(did).await.unwrap().is_none());
    scene.proxy.once("getRepo", Fault::Answer(Answer::xrpc(404, "XRPCNotSupported", "no")));
    assert!(scene.pds.repo(did).await.unwrap().is_none());
}

#[tokio::test]
async fn a_damaged_or_broken_repo_is_read_again() {
    let scene = Scene::new().await;
    let session = scene.login().await;
    scene.pds.apply_writes(&session, &creations(0..20), None).await.unwrap();
    let faults = [Fault::Truncate(2000), Fault::DropBefore, Fault::Answer(Answer::bad_gateway()), Fault::Shorten(2000)];
    scene.proxy.next("getRepo", faults.map(Some));
    assert_eq!(scene.pds.repo(scene.owner.did()).await.unwrap().unwrap().records.len(), 20);
}

#[tokio::test]
async fn a_repo_that_has_changed_is_not_written_to() {
    let scene = Scene::new().await;
    let Scene { pds, owner, .. } = &scene;
    let session = scene.login().await;
    let before = pds.repo(owner.did()).await.unwrap().unwrap();
    pds.apply_writes(&session, &creations(0..1), Some(&before.commit)).await.unwrap();
    let error = pds.apply_writes(&session, &creations(1..2), Some(&before.commit)).await.unwrap_err();
    assert!(matches!(error, Error::Remote(RemoteError::InvalidSwap { .. })), "{error}");
    assert_eq!(error.disposition(), Disposition::Retry { after: None });
    assert_eq!(pds.repo(owner.did()).await.unwrap().unwrap().records.len(), 1);
}

#[tokio::test]
async fn one_record_is_replaced_only_if_it_is_the_one() {
    let scene = Scene::new().await;
    let session = scene.login().await;
    let put = async |record: &Record, swap| scene.pds.put_record(&session, "one", record, swap).await;
    let first = put(&mood(1), Swap::Missing).await.unwrap();
    assert_eq!(first.cid, mood(1).cid());
    assert!(matches!(put(&mood(2), Swap::Missing).await, Err(Error::Remote(RemoteError::InvalidSwap { .. }))));
    assert!(matches!(
        put(&mood(2), Swap::Is(mood(3).cid())).await,
        Err(Error::Remote(RemoteError::InvalidSwap { .. }))
    ));
    put(&mood(2), Swap::Is(first.cid)).await.unwrap();
    put(&mood(2), Swap::Any).await.unwrap();
}

#[tokio::test]
async fn a_write_without_an_answer_is_uncertain_and_never_repeated() {
    let scene = Scene::new().await;
    let session = scene.login().await;
    let faults = [
        (Fault::DropAfter, true),
        (Fault::AnswerAfter(Answer::internal_error()), true),
        (Fault::AnswerAfter(Answer::gateway_timeout()), true),
        (Fault::Truncate(10), true),
        (Fault::Shorten(10), true),
        (Fault::DropBefore, false),
        (Fault::Answer(Answer::bad_gateway()), false),
    ];
    for (number, (fault, happens)) in (0..).zip(faults) {
        scene.proxy.once(APPLY, fault.clone());
        let before = scene.proxy.count(APPLY);
        let error = scene.pds.apply_writes(&session, &creations(number..number + 1), None).await.unwrap_err();
        assert_eq!(error.disposition(), Disposition::LookFirst, "{fault:?}: {:?}", error.chain());
        assert_eq!(scene.proxy.count(APPLY), before + 1, "{fault:?}");
        let collection = Medium::Mood.collection();
        let read = scene.pds.get_record(scene.owner.did(), collection, &format!("mood-{number}")).await.unwrap();
        assert_eq!(read.is_some(), happens, "{fault:?}");
    }
    // What the reference PDS says to a key that is taken looks the same.
    let error = scene.pds.apply_writes(&session, &creations(0..1), None).await.unwrap_err();
    assert_eq!(error.disposition(), Disposition::LookFirst);
}

#[tokio::test]
async fn what_the_server_declines_is_told_in_its_words() {
    let scene = Scene::new().await;
    let session = scene.login().await;
    let error = scene.pds.apply_writes(&session, &creations(0..201), None).await.unwrap_err();
    assert!(
        matches!(&error, Error::Remote(RemoteError::Refused { status: 400, message, .. }) if message.contains("Max: 200")),
        "{error}"
    );
    assert_eq!(error.disposition(), Disposition::Drop);

    let before = scene.proxy.count("createSession");
    let error = scene.pds.login(scene.owner.did(), &SecretString::from("hunter2")).await.unwrap_err();
    assert!(matches!(&error, Error::Remote(RemoteError::Refused { status: 401, .. })), "{error}");
    assert!(!format!("{error:?} {error}").contains("hunter2"));
    assert_eq!(scene.proxy.count("createSession"), before + 1);
}

#[tokio::test]
async fn after_too_much_at_once_less_goes_through() {
    let scene = Scene::new().await;
    let session = scene.login().await;
    let blob = vec![7_u8; 101 << 20];
    let error = scene.pds.upload_blob(&session, Body::Bytes(blob.into()), "video/mp4", None).await.unwrap_err();
    assert!(matches!(error, Error::Remote(RemoteError::TooLarge { size: 105_906_176, .. })), "{error}");
    scene.proxy.once(APPLY, Fault::Answer(Answer::too_large()));
    let error = scene.pds.apply_writes(&session, &creations(0..10), None).await.unwrap_err();
    assert!(matches!(error, Error::Remote(RemoteError::TooLarge { .. })), "{error}");
    scene.pds.apply_writes(&session, &creations(0..5), None).await.unwrap();
}

#[tokio::test]
async fn blobs_arrive_whole_with_their_type() {
    let scene = Scene::new().await;
    let Scene { pds, owner, site, .. } = &scene;
    let session = scene.login().await;
    let bytes: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &bytes).unwrap();
    let expected = BlobRef::of(&bytes, "video/mp4");
    let body = Body::File { path: file.path().into(), size: bytes.len() as u64 };
    scene.proxy.next(
        "uploadBlob",
        [Some(Fault::DropBefore), Some(Fault::DropAfter), Some(Fault::Answer(Answer::gateway_timeout()))],
    );
    let got = is_send(pds.upload_blob(&session, body, "video/mp4", Some(&expected.cid))).await.unwrap();
    assert_eq!(got, expected);
    let small = Bytes::from_static(b"hello");
    let error = pds.upload_blob(&session, Body::Bytes(small), "text/plain", Some(&expected.cid)).await.unwrap_err();
    assert!(error.chain()[1].contains("not for"), "{error}");

    // Only what a record refers to can be seen.
    assert!(!is_send(pds.list_blobs(owner.did())).await.unwrap().contains(&expected.cid));
    assert_eq!(is_send(pds.get_blob(owner.did(), &expected.cid, 1 << 20)).await.unwrap(), None);
    let record = serde_json::json!({ "$type": "computer.aesthetic.tape", "video": expected.to_json() });
    site.pds().put_record(&owner.session, "computer.aesthetic.tape", "a", &record).await;
    assert_eq!(pds.list_blobs(owner.did()).await.unwrap(), [expected.cid].into());
    assert!(pds.get_blob(owner.did(), &expected.cid, 1 << 30).await.unwrap().unwrap() == bytes);
    assert_eq!(pds.repo(owner.did()).await.unwrap().unwrap().records[0].value, record);
}

#[tokio::test]
async fn an_expired_session_is_refreshed_once_for_all() {
    let scene = Scene::new().await;
    let session = scene.login().await;
    scene.proxy.next("uploadBlob", (0..8).map(|_| Some(Fault::Answer(Answer::expired_token()))));
    let upload = async |number: u8| {
        let body = Body::Bytes(vec![number].into());
        scene.pds.upload_blob(&session, body, "text/plain", None).await.unwrap()
    };
    // All of them are notified at once, and one of them sends the request.
    futures_util::future::join_all((0..8).map(upload)).await;
    assert_eq!((scene.proxy.count("refreshSession"), scene.proxy.count("createSession")), (1, 1));
    // Also before a write, which is repeated as the server has not done it.
    scene.proxy.once(APPLY, Fault::Answer(Answer::expired_token()));
    scene.pds.apply_writes(&session, &creations(0..1), None).await.unwrap();
}

#[tokio::test]
async fn a_failed_refresh_is_no_end_and_a_refused_one_logs_in_again() {
    let scene = Scene::new().await;
    let session = scene.login().await;
    scene.proxy.next(
        APPLY,
        [Some(Fault::Answer(Answer::expired_token())), None, Some(Fault::Answer(Answer::expired_token()))],
    );
    scene.proxy.next("refreshSession", [Some(Fault::DropAfter), Some(Fault::Answer(Answer::bad_gateway())), None]);
    scene.pds.apply_writes(&session, &creations(0..1), None).await.unwrap();
    assert_eq!((scene.proxy.count("refreshSession"), scene.proxy.count("createSession")), (3, 1));
    scene.proxy.once("refreshSession", Fault::Answer(Answer::expired_token()));
    scene.pds.apply_writes(&session, &creations(1..2), None).await.unwrap();
    assert_eq!((scene.proxy.count("refreshSession"), scene.proxy.count("createSession")), (4, 2));
}

#[tokio::test]
async fn a_refusal_for_haste_is_waited_for() {
    let scene = Scene::new().await;
    let session = scene.login().await;
    let wait = Duration::from_secs(2);
    scene.proxy.once(APPLY, Fault::Answer(Answer::rate_limited(wait)));
    let started = std::time::Instant::now();
    let write = async {
        scene.pds.apply_writes(&session, &creations(0..1), None).await.unwrap();
    };
    let mut waits = scene.pds.waits().watch();
    let watch = async {
        waits.wait_for(|current| current.iter().count() == 1).await.unwrap();
    };
    tokio::join!(write, watch);
    assert!(started.elapsed() >= wait);
    let waiting = scene.pds.waits().watch().borrow().iter().count();
    assert_eq!((waiting, scene.proxy.count(APPLY)), (0, 2));
}

#[tokio::test]
async fn a_server_with_limits_is_never_provoked() {
    let stack = Stack::start(&[("PDS_RATE_LIMITS_ENABLED", "true"), ("PDS_RATE_LIMIT_BYPASS_KEY", "let me pass")]);
    let site = Site::on(&stack).await;
    let owner = site.account("jeffrey").await;
    let url = stack.pds_url().parse().unwrap();
    let pds = Pds::new(&url, None).unwrap();
    assert!(is_send(pds.describe()).await.unwrap().announces_limits);
    let session = pds.login(owner.did(), &SecretString::from(PASSWORD)).await.unwrap();
    for batch in 0..8 {
        let writes: Vec<_> =
            (0..200).map(|number| Write::Create { rkey: format!("{batch}-{number}"), record: mood(number) }).collect();
        pds.apply_writes(&session, &writes, None).await.unwrap();
    }
    // 8 × 600 of 5000 points are gone; the next batch has to wait most of an hour, and is not sent.
    let writes = creations(0..200);
    let next = tokio::time::timeout(Duration::from_secs(2), pds.apply_writes(&session, &writes, None)).await;
    assert!(next.is_err(), "{:?}", next.map(|answer| answer.map(|applied| applied.results.len())));
    let hour = pds.pace().limits().into_iter().find(|limit| limit.points == 5000).unwrap();
    assert_eq!(hour.remaining, 200);
    pds.apply_writes(&session, &creations(0..60), None).await.unwrap();

    let key = SecretString::from("let me pass");
    let exempt = Pds::new(&url, Some(&key)).unwrap();
    assert!(!exempt.describe().await.unwrap().announces_limits);
    let session = exempt.login(owner.did(), &SecretString::from(PASSWORD)).await.unwrap();
    exempt.apply_writes(&session, &creations(60..255), None).await.unwrap();
    assert!(!format!("{exempt:?}").contains("let me pass"));
}

#[tokio::test]
async fn a_server_that_is_away_comes_back() {
    let scene = Scene::new().await;
    scene.proxy.next("describeServer", [Some(Fault::DropBefore), Some(Fault::Answer(Answer::bad_gateway()))]);
    let server = scene.pds.describe().await.unwrap();
    assert!(server.did.starts_with("did:"));
    let nobody = Pds::new(&"http://127.0.0.1:1".parse().unwrap(), None).unwrap();
    tokio::time::pause();
    let error = nobody.describe().await.unwrap_err();
    assert!(matches!(error, Error::Remote(RemoteError::Unavailable { attempts: 7, .. })), "{error}");
    assert_eq!(error.disposition(), Disposition::Retry { after: None });
}
