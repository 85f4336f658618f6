//! Tests of limiters and waits on a paused clock.

use reqwest::header::HeaderValue;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::remote::waits::{PATIENCE, Want};

const OK: StatusCode = StatusCode::OK;
const REFUSED: StatusCode = StatusCode::TOO_MANY_REQUESTS;

/// A pace and its waits.
pub(super) struct Paced {
    pace: Pace,
    waits: Waits,
}

impl Paced {
    fn new(patience: Duration) -> Self {
        Paced { pace: Pace::default(), waits: Waits::new(patience, CancellationToken::new()) }
    }

    pub async fn admit<'a>(&'a self, toll: Toll<'a>) -> Result<Admission<'a>> {
        self.pace.admit(&self.waits, toll).await
    }

    fn check(&self, toll: Toll<'_>) -> Result<()> {
        self.pace.check(&self.waits, toll)
    }

    pub fn limits(&self) -> Vec<Limit> {
        self.pace.limits()
    }

    pub fn share(&self, others: u32, seen: impl IntoIterator<Item = Limit>) {
        self.pace.share(others, seen);
    }

    /// What current waits wait for.
    fn wanted(&self) -> Vec<Want> {
        self.waits.watch().borrow().iter().map(|wait| wait.want.clone()).collect()
    }
}

/// With unlimited patience.
pub(super) fn patient() -> Paced {
    Paced::new(Duration::MAX)
}

/// The server's clock, long behind ours.
const DATE: &str = "Tue, 14 Nov 2023 22:13:20 GMT";
const DATE_SECONDS: u64 = 1_700_000_000;

const HOURLY: (u32, u64) = (5000, 3600);
const GENERAL: (u32, u64) = (3000, 300);

/// The headers of a response: a policy, the remaining points, and the seconds until the reset.
fn shows((points, window): (u32, u64), remaining: u32, resets_in: u64) -> HeaderMap {
    let pairs = [
        ("date", DATE.to_owned()),
        ("ratelimit-policy", format!("{points};w={window}")),
        ("ratelimit-remaining", remaining.to_string()),
        ("ratelimit-reset", (DATE_SECONDS + resets_in).to_string()),
    ];
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.insert(name, HeaderValue::from_str(&value).unwrap());
    }
    headers
}

fn toll(kind: Kind, points: u32, account: &str) -> Toll<'_> {
    Toll { kind, points, account }
}

fn write(points: u32, account: &str) -> Toll<'_> {
    toll(Kind::Write, points, account)
}

/// Sends a request whose response has these headers.
async fn answered(pace: &Paced, toll: Toll<'_>, headers: &HeaderMap) {
    pace.admit(toll).await.unwrap().settle(headers, OK);
}

/// The whole seconds that a request waits before it is sent; its response shows no limiter.
async fn waits(pace: &Paced, toll: Toll<'_>) -> u64 {
    let start = Instant::now();
    assert!(!pace.admit(toll).await.unwrap().settle(&HeaderMap::new(), OK));
    start.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn without_limits_nobody_waits() {
    let pace = patient();
    for _ in 0..10_000 {
        assert_eq!(waits(&pace, write(600, "a")).await, 0);
    }
    assert!(pace.limits().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_remains_is_used_and_what_is_beyond_waits_for_the_reset() {
    let pace = patient();
    answered(&pace, write(3, "a"), &shows(HOURLY, 5, 100)).await;
    assert_eq!(waits(&pace, write(3, "a")).await, 0);
    assert_eq!(waits(&pace, write(2, "a")).await, 0);
    // A second more than stated, because both times are truncated to seconds.
    assert_eq!(waits(&pace, write(1, "a")).await, 101);
    let limit = pace.limits().pop().unwrap();
    assert_eq!((limit.scope, limit.remaining), (Scope::Writes("a".into()), HOURLY.0 - 1));
}

#[tokio::test(start_paused = true)]
async fn what_others_have_seen_counts_and_each_keeps_to_its_share() {
    let (one, other) = (patient(), patient());
    answered(&one, write(1, "a"), &shows(HOURLY, 9, 100)).await;
    other.share(2, one.limits());
    // A third of nine.
    let first = other.admit(write(2, "a")).await.unwrap();
    assert!(timeout(Duration::from_secs(1), other.admit(write(2, "a"))).await.is_err());
    first.settle(&shows(HOURLY, 7, 100), OK);
    assert_eq!(waits(&other, write(2, "a")).await, 0);
    // Too few points to share; any process may use the last one.
    answered(&other, write(1, "a"), &shows(HOURLY, 1, 100)).await;
    assert_eq!(waits(&other, write(1, "a")).await, 0);
    assert_eq!(waits(&other, write(1, "a")).await, 101);
    // A report never extends beyond a whole window, and never restores points known to be spent.
    let boast = |remaining, seconds| Limit {
        scope: Scope::Writes("a".into()),
        points: HOURLY.0,
        window: Duration::from_secs(HOURLY.1),
        remaining,
        resets_in: Duration::from_secs(seconds),
    };
    answered(&other, write(1, "a"), &shows(HOURLY, 2, 1_000)).await;
    other.share(0, [boast(5_000, 900)]);
    assert_eq!(other.limits().pop().unwrap().remaining, 2);
    other.share(0, [boast(0, 1_000_000)]);
    assert!(other.limits().pop().unwrap().resets_in <= Duration::from_secs(HOURLY.1));
}

#[tokio::test(start_paused = true)]
async fn requests_on_their_way_count_as_if_they_had_arrived() {
    let pace = patient();
    answered(&pace, write(1, "a"), &shows(HOURLY, 4, 100)).await;
    let on_way = pace.admit(write(3, "a")).await.unwrap();
    let second = Duration::from_secs(1);
    assert!(timeout(second, pace.admit(write(2, "a"))).await.is_err());
    // A request without a response may have been counted.
    drop(on_way);
    assert!(timeout(second, pace.admit(write(2, "a"))).await.is_err());
    assert!(timeout(second, pace.admit(write(1, "a"))).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_known_until_they_wait_no_more() {
    let pace = patient();
    answered(&pace, write(1, "a"), &shows(HOURLY, 0, 100)).await;
    assert_eq!(pace.wanted(), []);
    let waiting = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        pace.wanted().pop().unwrap()
    };
    let want = Want { kind: "writes", account: Some("a".into()) };
    assert_eq!(tokio::join!(waits(&pace, write(1, "a")), waiting), (101, want));
    assert_eq!(pace.wanted(), []);
    answered(&pace, write(1, "a"), &shows(HOURLY, 0, 4000)).await;
    // A request that gave up no longer waits.
    assert!(timeout(Duration::from_secs(1), pace.admit(write(1, "a"))).await.is_err());
    assert_eq!(pace.wanted(), []);
}

/// A response that has only `Retry-After`.
fn later(text: &'static str) -> HeaderMap {
    [("date", DATE), ("retry-after", text)]
        .map(|(name, text)| (name.parse().unwrap(), HeaderValue::from_static(text)))
        .into_iter()
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_server_that_only_says_when_to_come_back_is_left_alone_until_then() {
    let pace = patient();
    // Too many logins of one account do not affect others.
    let login = |account| toll(Kind::Login, 1, account);
    assert!(pace.admit(login("a")).await.unwrap().settle(&later("100"), REFUSED));
    assert_eq!(waits(&pace, login("b")).await, 0);
    assert_eq!(waits(&pace, toll(Kind::Read, 1, "")).await, 0);
    assert_eq!(waits(&pace, login("a")).await, 100);
    assert_eq!(waits(&pace, login("a")).await, 0);
    // An unhealthy server affects all requests.
    let unwell = StatusCode::SERVICE_UNAVAILABLE;
    for (kind, header) in [(Kind::Write, "60"), (Kind::Repo, "Tue, 14 Nov 2023 22:14:20 GMT")] {
        assert!(pace.admit(toll(kind, 1, "a")).await.unwrap().settle(&later(header), unwell));
        assert_eq!(waits(&pace, login("b")).await, 60, "{kind:?}");
        assert_eq!(waits(&pace, toll(kind, 1, "a")).await, 0, "{kind:?}");
    }
    // A successful response may have the header for other reasons.
    assert!(!pace.admit(login("a")).await.unwrap().settle(&later("100"), OK));
    assert_eq!(waits(&pace, login("a")).await, 0);
}

#[tokio::test(start_paused = true)]
async fn what_would_take_too_long_is_known_before_it_is_begun() {
    let pace = Paced::new(PATIENCE);
    let upload = |account| toll(Kind::Upload, 1, account);
    answered(&pace, upload("a"), &shows((1000, 86_400), 0, 80_000)).await;
    for account in ["a", "b"] {
        assert!(pace.check(upload(account)).is_err());
        assert!(pace.admit(upload(account)).await.is_err());
    }
    assert!(pace.check(write(3, "a")).is_ok());
    answered(&pace, write(3, "a"), &shows(HOURLY, 0, 60)).await;
    assert!(pace.check(write(3, "a")).is_ok());
}

#[tokio::test(start_paused = true)]
async fn accounts_do_not_wait_for_each_other_nor_reading_for_writing() {
    let pace = patient();
    for kind in [Kind::Write, Kind::Login] {
        answered(&pace, toll(kind, 1, "a"), &shows(HOURLY, 0, 100)).await;
        assert_eq!(waits(&pace, toll(kind, 1, "b")).await, 0);
    }
    for kind in [Kind::Read, Kind::Repo, Kind::Upload] {
        assert_eq!(waits(&pace, toll(kind, 1, "a")).await, 0, "{kind:?}");
    }
    assert_eq!(waits(&pace, write(1, "a")).await, 101);
}

#[tokio::test(start_paused = true)]
async fn uploads_and_everything_are_counted_for_all_accounts_together() {
    let pace = patient();
    answered(&pace, toll(Kind::Upload, 1, "a"), &shows((1000, 86_400), 0, 50)).await;
    assert_eq!(waits(&pace, write(1, "a")).await, 0);
    assert_eq!(waits(&pace, toll(Kind::Upload, 1, "b")).await, 51);

    answered(&pace, toll(Kind::Read, 1, ""), &shows(GENERAL, 1, 100)).await;
    assert_eq!(waits(&pace, toll(Kind::Repo, 1, "")).await, 0);
    // The general limiter counts one request, whatever it costs elsewhere.
    assert_eq!(waits(&pace, write(600, "a")).await, 0);
    assert_eq!(waits(&pace, toll(Kind::Upload, 1, "a")).await, 101);
}

#[tokio::test(start_paused = true)]
async fn a_limiter_that_a_write_showed_is_known_for_the_general_one_once_a_read_shows_it() {
    let pace = patient();
    answered(&pace, write(3, "a"), &shows(GENERAL, 10, 100)).await;
    answered(&pace, toll(Kind::Read, 1, ""), &shows(GENERAL, 9, 100)).await;
    let limits = pace.limits();
    assert_eq!(limits.iter().map(|limit| &limit.scope).collect::<Vec<_>>(), [&Scope::Everything]);
    assert_eq!(limits[0].remaining, 9);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_waited_for_as_long_as_either_header_says() {
    let pace = patient();
    assert!(pace.admit(write(1, "a")).await.unwrap().settle(&shows(HOURLY, 7, 100), REFUSED));
    assert_eq!(waits(&pace, write(1, "a")).await, 101);

    let mut headers = shows(HOURLY, 0, 100);
    headers.insert("retry-after", HeaderValue::from_static("250"));
    assert!(pace.admit(write(1, "b")).await.unwrap().settle(&headers, REFUSED));
    assert_eq!(waits(&pace, write(1, "b")).await, 250);
}

#[tokio::test(start_paused = true)]
async fn what_costs_more_than_there_ever_is_goes_when_all_is_there() {
    let pace = patient();
    answered(&pace, write(1, "a"), &shows((100, 60), 99, 30)).await;
    assert_eq!(waits(&pace, write(600, "a")).await, 31);
}

#[tokio::test(start_paused = true)]
async fn answers_that_overtake_each_other_give_nothing_back() {
    let pace = patient();
    answered(&pace, write(3, "a"), &shows(HOURLY, 4, 100)).await;
    answered(&pace, write(3, "a"), &shows(HOURLY, 7, 100)).await;
    assert_eq!(pace.limits()[0].remaining, 4);
}

#[test]
fn headers_that_make_no_sense_show_nothing() {
    let good = shows(HOURLY, 4, 100);
    assert!(RateLimitHeaders::read(&good).is_some());
    for name in ["ratelimit-policy", "ratelimit-remaining", "ratelimit-reset"] {
        for bad in ["", "x", "-", "5000;w=", ";w=3600", "99999999999999999999"] {
            let mut headers = good.clone();
            headers.insert(name, HeaderValue::from_static(bad));
            assert_eq!(RateLimitHeaders::read(&headers), None, "{name}: {bad}");
        }
        let mut headers = good.clone();
        headers.remove(name);
        assert_eq!(RateLimitHeaders::read(&headers), None, "{name}");
    }
    // A reset in the past starts the next window; an unreadable date counts as now.
    let mut passed = good.clone();
    passed.insert("ratelimit-reset", HeaderValue::from_static("1600000000"));
    assert_eq!(RateLimitHeaders::read(&passed).unwrap().resets_in, Duration::from_secs(1));
    passed.insert("date", HeaderValue::from_static("yesterday"));
    assert_eq!(RateLimitHeaders::read(&passed).unwrap().resets_in, Duration::from_secs(1));
}
