//! How fast `/bake` accepts, with nothing else to do and while every core encodes: a hundred posts a second.

use std::time::{Duration, Instant};

use crate::percentiles;
use crate::program::{Serving, post, zip_url};
use crate::stack::Stack;
use crate::stack::site::Site;
use crate::support::tape::TapeBuilder;

/// The time from one post to the next.
const PAUSE: Duration = Duration::from_millis(10);

/// An address without a receiver of callbacks.
const NOBODY: &str = "http://127.0.0.1:9/";

pub async fn measure(stack: &Stack, lasts: Duration) {
    let site = Site::on(stack).await;
    let serving = Serving::start(&site, &[("TELECINE_SETTLE", "3600s")]);
    // What is posted does not exist, so that nothing is encoded because of it.
    println!("/bake, idle: {}", percentiles(post_all(&site, &serving, "idle", lasts).await));

    let owner = site.account("maker").await;
    let tape = TapeBuilder::numbered(337, 160, 480);
    for number in 0..64 {
        let code = format!("busy{number}");
        let id = site.add_tape(&owner, &code, &tape).await;
        post(&serving.address, &id.to_hex(), &code, &zip_url(&site, &owner, &code), NOBODY).await;
    }
    let used = serving.seconds_of_cpu();
    let begun = Instant::now();
    println!("/bake, encoding: {}", percentiles(post_all(&site, &serving, "busy-post", lasts).await));
    let cores = (serving.seconds_of_cpu() - used) / begun.elapsed().as_secs_f64();
    println!("  cores that the service used meanwhile: {cores:.2}");
}

async fn post_all(site: &Site, serving: &Serving, prefix: &str, lasts: Duration) -> Vec<Duration> {
    let zip = format!("{}/{}/none.zip", site.environment()["ART_SPACES_ENDPOINT"], site.user_bucket());
    let mut posts = tokio::task::JoinSet::new();
    let mut ticks = tokio::time::interval(PAUSE);
    let started = Instant::now();
    let mut number = 0;
    let address = serving.address.clone();
    while started.elapsed() < lasts {
        ticks.tick().await;
        let (address, code, zip) = (address.clone(), format!("{prefix}{number}"), zip.clone());
        posts.spawn(async move {
            let begun = Instant::now();
            post(&address, "64b000000000000000000001", &code, &zip, NOBODY).await;
            begun.elapsed()
        });
        number += 1;
    }
    posts.join_all().await
}
