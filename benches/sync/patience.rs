//! How long a sync takes whose owner writes to the repo all the time, compared with an undisturbed one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;

use super::moods::with_moods;
use super::program::telecine;
use super::stack::Stack;
use super::stack::site::{Account, Site};

/// Moods to be synced, and how often the owner likes something.
const CASES: [(usize, Duration); 2] = [(3_000, Duration::from_millis(200)), (8_000, Duration::from_secs(2))];

/// Compares each of the cases with the same moods of a user who does nothing meanwhile.
pub async fn compare(stack: &Stack) {
    for (moods, pause) in CASES {
        let [(calm, _), (busy, likes)] = [synced(stack, moods, None).await, synced(stack, moods, Some(pause)).await];
        let ratio = busy.as_secs_f64() / calm.as_secs_f64();
        println!(
            "{moods} moods: {calm:.1?}; with {likes} likes, one every {pause:?}: {busy:.1?}, {ratio:.2} times as long"
        );
    }
}

async fn synced(stack: &Stack, moods: usize, pause: Option<Duration>) -> (Duration, usize) {
    let site = Arc::new(Site::on(stack).await);
    let owner = with_moods(&site, "owner", moods).await;
    let stop = Arc::new(AtomicBool::new(false));
    let liking = pause.map(|pause| tokio::spawn(like(site.clone(), owner.clone(), pause, stop.clone())));
    let folder = tempfile::tempdir().unwrap();
    let cost = tokio::task::block_in_place(|| telecine(&site, folder.path(), "sync --live --moods-only"));
    stop.store(true, Ordering::Relaxed);
    let likes = match liking {
        Some(liking) => liking.await.unwrap(),
        None => 0,
    };
    (cost.wall, likes)
}

/// Likes something at every tick, whether the like before has been answered or not; says how often.
async fn like(site: Arc<Site>, owner: Account, pause: Duration, stop: Arc<AtomicBool>) -> usize {
    let (mut ticks, mut likes) = (tokio::time::interval(pause), JoinSet::new());
    let mut count = 0;
    while !stop.load(Ordering::Relaxed) {
        ticks.tick().await;
        let (site, owner) = (site.clone(), owner.clone());
        likes.spawn(async move {
            let subject =
                json!({ "uri": format!("at://{}/app.bsky.feed.post/{count}", owner.did()), "cid": "bafyreia" });
            let record =
                json!({ "$type": "app.bsky.feed.like", "createdAt": "2026-01-01T00:00:00Z", "subject": subject });
            let body =
                json!({ "repo": owner.did(), "collection": "app.bsky.feed.like", "validate": false, "record": record });
            site.pds().post(&owner.session, "com.atproto.repo.createRecord", &body).await;
        });
        count += 1;
    }
    likes.join_all().await;
    count
}
