//! Tests against a model of the reference PDS's limiters: whatever is sent, and however long it takes, nothing is ever
//! refused.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use proptest::prelude::*;

use super::tests::{Paced, patient};
use super::*;

/// The headers of a response. The server's clock is years behind.
fn headers(policy: &str, remaining: u32, resets_in: u64) -> HeaderMap {
    [
        ("ratelimit-policy", policy.to_owned()),
        ("ratelimit-remaining", remaining.to_string()),
        ("ratelimit-reset", (1_700_000_000 + resets_in).to_string()),
        ("date", "Tue, 14 Nov 2023 22:13:20 GMT".into()),
    ]
    .into_iter()
    .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
    .collect::<HeaderMap>()
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

    /// The response's headers, or the limiter that refuses.
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
                // Both are truncated to seconds, at different times of a second.
                let (now_seconds, reset) = (clock.as_secs(), (clock + (entry.0 - now)).as_secs());
                shown = Some((remaining, headers(&format!("{points};w={window}"), remaining, reset - now_seconds)));
            }
        }
        Ok(shown.expect("every request is counted").1)
    }
}

fn requests() -> impl Strategy<Value = Vec<(u8, u32, u8, u16, u16)>> {
    // Kind, points, account, milliseconds in each direction.
    prop::collection::vec((0_u8..12, 1_u32..=600, 0_u8..3, 0_u16..3000, 0_u16..3000), 1..200)
}

/// Sends requests from several processes to one server, and returns the refusals. Each account has one writer per
/// process, as in a sync; after some requests, the processes learn of each other.
async fn refusals(requests: &[(u8, u32, u8, u16, u16)], at_once: usize, processes: usize) -> Vec<String> {
    let paces: Vec<_> = (0..processes).map(|_| patient()).collect();
    let (server, start) = (Mutex::new(Server::default()), Instant::now());
    let refusals = Mutex::new(Vec::new());
    let clock = || Duration::from_millis(1_700_000_000_250) + start.elapsed();
    let exchange = async |pace: &Paced, (kind, points, account, there, back): (u8, u32, u8, u16, u16)| {
        let accounts = ["did:plc:one", "did:plc:two", "did:plc:three"];
        let kind = match kind {
            0 => Kind::Read,
            1 => Kind::Repo,
            2 => Kind::Login,
            3 => Kind::Upload,
            _ => Kind::Write,
        };
        let points = if kind == Kind::Write { points } else { 1 };
        let toll = Toll { kind, points, account: accounts[usize::from(account)] };
        let admission = pace.admit(toll).await.unwrap();
        tokio::time::sleep(Duration::from_millis(there.into())).await;
        let answer = server.lock().unwrap().answer(&toll, clock());
        tokio::time::sleep(Duration::from_millis(back.into())).await;
        match answer {
            Ok(headers) => {
                admission.settle(&headers, StatusCode::OK);
            }
            Err(refusal) => refusals.lock().unwrap().push(refusal),
        }
    };
    for pace in &paces {
        exchange(pace, (0, 1, 0, 0, 0)).await;
    }
    // The first write of each account shows its limits.
    for batch in requests.chunks(at_once * processes) {
        let mut lanes: BTreeMap<(usize, u8), Vec<_>> = BTreeMap::new();
        for (index, request) in batch.iter().enumerate() {
            lanes.entry((index % processes, request.2)).or_default().push(*request);
        }
        let exchange = &exchange;
        let lane = async |(process, lane): (usize, Vec<_>)| {
            for request in lane {
                exchange(&paces[process], request).await;
            }
        };
        join_all(lanes.into_iter().map(|((process, _), requests)| lane((process, requests)))).await;
        let seen: Vec<_> = paces.iter().map(Paced::limits).collect();
        for (own, pace) in paces.iter().enumerate() {
            let others = seen.iter().enumerate().filter(|(other, _)| *other != own).flat_map(|(_, seen)| seen.clone());
            pace.share(processes as u32 - 1, others);
        }
    }
    refusals.into_inner().unwrap()
}

fn simulated(requests: &[(u8, u32, u8, u16, u16)], at_once: usize, processes: usize) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(refusals(requests, at_once, processes))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn nothing_is_ever_refused(requests in requests(), at_once in 1_usize..12) {
        let refusals = simulated(&requests, at_once, 1);
        prop_assert!(refusals.is_empty(), "{refusals:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]
    /// Without sharing, each process would be refused separately, and again after each reset.
    #[test]
    fn of_processes_that_share_hardly_anything_is_refused(requests in requests(), processes in 2_usize..6) {
        let refusals = simulated(&requests, 4, processes);
        prop_assert!(refusals.len() <= processes, "{refusals:?}");
    }
}
