//! The service is killed at random moments under load, and whatever it accepted or saw is done in the end, once.
//!
//! The suite kills a few times. `TELECINE_KILLS=60 cargo test --test it -- serve::kills` kills as often as one likes.

use std::time::Duration;

use super::load::Load;
use super::{AT_ONCE, Serving};
use crate::stack::site::Site;

/// How often it is killed.
pub fn kills() -> u32 {
    std::env::var("TELECINE_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(5)
}

pub fn moment() -> Duration {
    Duration::from_millis(fastrand::u64(0..1_500))
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_moment_it_is_killed_at_every_item_has_one_record_and_every_tape_one_video() {
    let mut load = Load::on(Site::new().await).await;
    for _ in 0..kills() {
        let oven = Serving::start(&load.site, &[AT_ONCE]);
        // Both in their time: the load is added whole, and the service dies somewhere in it or after it.
        load.add(&oven).await;
        tokio::time::sleep(moment()).await;
        oven.kill();
    }
    let _oven = Serving::start(&load.site, &[AT_ONCE]);
    load.is_done_once().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_services_of_which_one_is_killed_again_and_again_do_everything_once() {
    let mut load = Load::on(Site::new().await).await;
    let steady = Serving::start(&load.site, &[AT_ONCE]);
    for _ in 0..kills() {
        let other = Serving::start(&load.site, &[AT_ONCE]);
        load.add(&other).await;
        load.add(&steady).await;
        tokio::time::sleep(moment()).await;
        other.kill();
    }
    load.is_done_once().await;
}
