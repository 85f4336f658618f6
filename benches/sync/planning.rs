//! Planning many accounts: the CPU of our process alone.

use futures_util::StreamExt;
use futures_util::stream;

use crate::program::telecine;
use crate::stack::Stack;
use crate::stack::site::Site;
use crate::support::picture::Picture;

/// Accounts that aesthetic.computer has on its PDS.
const ALL: usize = 4_201;

/// Accounts that are filled at once.
const AT_ONCE: usize = 8;

/// Plans this number of accounts with ten items each: seven texts whose records are in the repo, to be compared, and
/// three paintings that have none yet, to be looked up in Spaces.
pub async fn measure(stack: &Stack, accounts: usize) {
    let site = Site::on(stack).await;
    let names: Vec<_> = (0..accounts).map(|number| format!("user-{number}")).collect();
    stream::iter(names).for_each_concurrent(AT_ONCE, |name| fill(&site, name)).await;

    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &str| tokio::task::block_in_place(|| telecine(&site, folder.path(), arguments));
    run("sync --live --types moods,pieces,kidlisp");
    let cost = run("sync dry-run");
    let (wall, cpu) = (cost.wall.as_secs_f64(), cost.cpu.as_secs_f64());
    let scaled = cpu / accounts as f64 * ALL as f64;
    println!(
        "planning {accounts} accounts of 10 items: {cpu:.2} s of CPU ({:.2} ms an account), {wall:.2} s on the clock, \
         {:.1} MB at most; scaled to {ALL} accounts {scaled:.1} s of CPU",
        cpu * 1e3 / accounts as f64,
        cost.peak as f64 / 1e6
    );
    let cost = run("status");
    let (wall, cpu) = (cost.wall.as_secs_f64(), cost.cpu.as_secs_f64());
    println!("status of {accounts} accounts: {cpu:.2} s of CPU, {wall:.2} s, {:.1} MB at most", cost.peak as f64 / 1e6);
}

async fn fill(site: &Site, name: String) {
    let owner = &site.account(&name).await;
    for number in 0..3 {
        site.add_mood(owner, &format!("mood {number}")).await;
        site.add_painting(owner, &format!("{name}-{number}"), &Picture::numbered(64, 64, number)).await;
    }
    for number in 0..2 {
        site.add_piece(owner, &format!("piece-{number}")).await;
        site.add_kidlisp(owner, &format!("{name}-{number}"), "(wipe blue) (ink lime) (line)").await;
    }
}
