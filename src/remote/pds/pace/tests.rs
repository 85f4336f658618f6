//! That nothing is refused which could have waited, and nothing waits that need not.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use proptest::prelude::*;

use super::*;

/// An answer of a server whose clock is a year behind.
fn headers(policy: &str, remaining: u32, resets_in: u64) -> HeaderMap {
    let date = jiff::Timestamp::from_second(1_700_000_000).unwrap();
    let reset = date.as_second() as u64 + resets_in;
    [
        ("ratelimit-policy", policy.to_owned()),
        ("ratelimit-remaining", remaining.to_string()),
        ("ratelimit-reset", reset.to_string()),
        ("date", jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&date).unwrap()),
    ]
    .into_iter()
    .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
    .collect::<HeaderMap>()
}

fn toll(kind: Kind, points: u32, account: &str) -> Toll<'_> {
    Toll { kind, points, account }
}

/// Sends a request that is answered at once; how long it had to wait.
async fn send(pace: &Pace, toll: Toll<'_>, headers: &HeaderMap) -> u64 {
    let start = Instant::now();
    pace.admit(toll).await.settle(headers, false);
    start.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn a_write_waits_for_the_points_it_needs() {
    let pace = Pace::default();
    let one = toll(Kind::Write, 600, "did:plc:one");
    assert_eq!(send(&pace, one, &headers("5000;w=3600", 900, 42)).await, 0);
    assert_eq!(send(&pace, one, &headers("5000;w=3600", 300, 42)).await, 0);
    assert_eq!(send(&pace, toll(Kind::Write, 600, "did:plc:two"), &HeaderMap::new()).await, 0);
    assert_eq!(send(&pace, toll(Kind::Write, 300, "did:plc:one"), &HeaderMap::new()).await, 0);
    // 42 s and one for the parts of seconds that headers leave out.
    assert_eq!(send(&pace, one, &HeaderMap::new()).await, 43);
}

#[tokio::test(start_paused = true)]
async fn without_limits_nobody_waits() {
    let pace = Pace::default();
    for _ in 0..10_000 {
        assert_eq!(send(&pace, toll(Kind::Write, 600, "did:plc:one"), &HeaderMap::new()).await, 0);
    }
    assert!(pace.limits().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_a_read_shows_counts_for_all_but_whole_repos() {
    let pace = Pace::default();
    send(&pace, toll(Kind::Read, 1, ""), &headers("3000;w=300", 2, 100)).await;
    assert_eq!(send(&pace, toll(Kind::Write, 600, "did:plc:one"), &HeaderMap::new()).await, 0);
    assert_eq!(send(&pace, toll(Kind::Upload, 1, "did:plc:two"), &HeaderMap::new()).await, 0);
    assert_eq!(send(&pace, toll(Kind::Repo, 1, ""), &headers("6000;w=300", 5000, 100)).await, 0);
    assert_eq!(send(&pace, toll(Kind::Login, 1, "one"), &HeaderMap::new()).await, 101);
    let mut points: Vec<_> = pace.limits().into_iter().map(|limit| (limit.points, limit.scope)).collect();
    points.sort_by_key(|(points, _)| *points);
    assert_eq!(points, [(3000, Scope::Everything), (6000, Scope::Repos)]);
}

#[tokio::test(start_paused = true)]
async fn uploads_have_one_limit_for_all_accounts() {
    let pace = Pace::default();
    send(&pace, toll(Kind::Upload, 1, "did:plc:one"), &headers("1000;w=86400", 0, 10)).await;
    assert_eq!(send(&pace, toll(Kind::Upload, 1, "did:plc:two"), &HeaderMap::new()).await, 11);
}

#[tokio::test(start_paused = true)]
async fn requests_on_their_way_are_counted() {
    let pace = Pace::default();
    let one = toll(Kind::Write, 600, "did:plc:one");
    send(&pace, one, &headers("5000;w=3600", 1000, 60)).await;
    let first = pace.admit(one).await;
    let second = pace.admit(one);
    tokio::pin!(second);
    tokio::select! {
        biased;
        _ = &mut second => panic!("there were points for one only"),
        () = tokio::time::sleep(Duration::from_secs(30)) => {}
    }
    assert_eq!(pace.waiting().map(|wait| wait.as_secs()), Some(31));
    first.settle(&headers("5000;w=3600", 400, 30), false);
    drop(second.await);
    assert_eq!(pace.waiting(), None);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_closes_until_the_reset() {
    let pace = Pace::default();
    let one = toll(Kind::Write, 3, "did:plc:one");
    let mut refused = headers("5000;w=3600", 17, 60);
    assert!(pace.admit(one).await.settle(&refused, true));
    assert_eq!(send(&pace, one, &HeaderMap::new()).await, 61);
    refused.insert("retry-after", "120".parse().unwrap());
    assert!(pace.admit(one).await.settle(&refused, true));
    assert_eq!(send(&pace, one, &HeaderMap::new()).await, 120);
    assert!(!pace.admit(one).await.settle(&HeaderMap::new(), true));
}

#[tokio::test(start_paused = true)]
async fn answers_may_overtake_each_other() {
    let pace = Pace::default();
    let one = toll(Kind::Write, 600, "did:plc:one");
    send(&pace, one, &headers("5000;w=3600", 1800, 60)).await;
    let (early, late) = (pace.admit(one).await, pace.admit(one).await);
    late.settle(&headers("5000;w=3600", 600, 60), false);
    early.settle(&headers("5000;w=3600", 1200, 60), false);
    assert_eq!(pace.limits()[0].remaining, 600);
}

/// A server with the reference PDS's limiters, and fewer uploads.
#[derive(Default)]
struct Server {
    windows: HashMap<(Scope, u64), (Instant, u32)>,
}

impl Server {
    fn limiters(toll: &Toll<'_>) -> Vec<(Scope, u64, u32, u32)> {
        let own = Scope::of(toll);
        let mut limiters = match toll.kind {
            Kind::Read => Vec::new(),
            Kind::Repo => return vec![(own, 300, 6000, 1)],
            Kind::Login => vec![(own.clone(), 300, 30, 1), (own, 86_400, 300, 1)],
            Kind::Write => vec![(own.clone(), 3600, 5000, toll.points), (own, 86_400, 35_000, toll.points)],
            Kind::Upload => vec![(own, 86_400, 20, 1)],
        };
        limiters.push((Scope::Everything, 300, 3000, 1));
        limiters
    }

    /// The answer's headers, or the limiter that refuses.
    fn answer(&mut self, toll: &Toll<'_>, clock: Duration) -> Result<HeaderMap, String> {
        let now = Instant::now();
        let mut shown: Option<(u32, HeaderMap)> = None;
        for (scope, window, points, cost) in Server::limiters(toll) {
            let length = Duration::from_secs(window);
            let entry = self.windows.entry((scope.clone(), window)).or_insert((now + length, 0));
            if now >= entry.0 {
                *entry = (now + length, 0);
            }
            entry.1 += cost;
            let remaining = points.checked_sub(entry.1).ok_or_else(|| format!("{scope:?} {points};w={window}"))?;
            if shown.as_ref().is_none_or(|(least, _)| remaining < *least) {
                // Both are cut to seconds, at different times of a second.
                let (now_seconds, reset) = (clock.as_secs(), (clock + (entry.0 - now)).as_secs());
                shown = Some((remaining, headers(&format!("{points};w={window}"), remaining, reset - now_seconds)));
            }
        }
        Ok(shown.expect("every request is counted").1)
    }
}

fn requests() -> impl Strategy<Value = Vec<(u8, u32, u8, u16, u16)>> {
    // Kind, points, account, milliseconds there and back.
    prop::collection::vec((0_u8..12, 1_u32..=600, 0_u8..3, 0_u16..3000, 0_u16..3000), 1..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn nothing_is_ever_refused(requests in requests(), at_once in 1_usize..12) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let refusals = runtime.block_on(async {
            let (pace, server, start) = (Pace::default(), Mutex::new(Server::default()), Instant::now());
            let refusals = Mutex::new(Vec::new());
            let clock = || Duration::from_millis(1_700_000_000_250) + start.elapsed();
            let exchange = async |(kind, points, account, there, back): (u8, u32, u8, u16, u16)| {
                let accounts = ["did:plc:one", "did:plc:two", "did:plc:three"];
                let kind = match kind { 0 => Kind::Read, 1 => Kind::Repo, 2 => Kind::Login, 3 => Kind::Upload, _ => Kind::Write };
                let points = if kind == Kind::Write { points } else { 1 };
                let toll = toll(kind, points, accounts[usize::from(account)]);
                let admission = pace.admit(toll).await;
                tokio::time::sleep(Duration::from_millis(there.into())).await;
                let answer = server.lock().unwrap().answer(&toll, clock());
                tokio::time::sleep(Duration::from_millis(back.into())).await;
                match answer {
                    Ok(headers) => { admission.settle(&headers, false); }
                    Err(refusal) => refusals.lock().unwrap().push(refusal),
                }
            };
            exchange((0, 1, 0, 0, 0)).await;
            // One writer for an account, as sync has it; the first write of each tells its limits.
            for batch in requests.chunks(at_once) {
                let mut lanes: BTreeMap<u8, Vec<_>> = BTreeMap::new();
                for request in batch {
                        lanes.entry(request.2).or_default().push(*request);
                    }
                let lane = async |lane: Vec<_>| for request in lane { exchange(request).await };
                join_all(lanes.into_values().map(lane)).await;
            }
            refusals.into_inner().unwrap()
        });
        prop_assert!(refusals.is_empty(), "{refusals:?}");
    }
}
