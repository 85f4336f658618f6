//! How long after its insert a tape of eight seconds, 337×160 at 60 Hz, can be played, beside its conversion alone.

use std::time::{Duration, Instant};

use crate::program::{Serving, convert};
use crate::stack::Stack;
use crate::stack::site::Site;
use crate::support::tape::TapeBuilder;

/// How often both are done.
const ROUNDS: usize = 5;

pub async fn measure(stack: &Stack) {
    let site = Site::on(stack).await;
    let owner = site.account("maker").await;
    let tape = TapeBuilder::numbered(337, 160, 480);
    let zip = tape.zip();
    let _serving = Serving::start(&site, &[("TELECINE_PUBLISH", "telecine")]);
    // The first plan is over, and the account logged in.
    site.add_mood(&owner, "first").await;
    while site.records(&owner, telecine::record::Medium::Mood).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for round in 0..ROUNDS {
        let alone = convert(&zip);
        let code = format!("play{round}");
        let begun = Instant::now();
        site.add_tape(&owner, &code, &tape).await;
        while !site.has(site.bucket_of("at-blobs"), &format!("tapes/{code}.mp4")).await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let (alone, served) = (alone.as_secs_f64(), begun.elapsed().as_secs_f64());
        println!(
            "tape: converted in {alone:.2} s, playable {served:.2} s after its insert (allowed {:.2})",
            1.2 * alone + 1.0
        );
    }
}
