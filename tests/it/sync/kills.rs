//! Whatever is killed at whatever moment, the program, mongod or the PDS: one more run comes to what an undisturbed one
//! comes to.
//!
//! Moments are requests, drawn at random; the suite draws the same few every time. `scripts/kill-runs` draws as many as one
//! likes, and others each time.

use std::env;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{State, Syncing};
use crate::stack::proxy::Proxy;
use crate::stack::site::{Account, Site};
use crate::stack::{Server, Stack};

/// What is killed.
const VICTIMS: [Victim; 3] = [Victim::Program, Victim::Mongod, Victim::Pds];

#[derive(Debug, Clone, Copy)]
enum Victim {
    Program,
    Mongod,
    Pds,
}

/// What is done when something is killed.
#[derive(Debug, Clone, Copy)]
enum Operation {
    Sync,
    Wipe,
    Restore,
    Reencode,
}

impl Operation {
    /// What has been done before.
    fn before(self) -> &'static [&'static str] {
        match self {
            Operation::Sync => &[],
            Operation::Wipe => &["sync --live"],
            Operation::Restore => &["sync --live", "wipe OWNER --live --yes"],
            Operation::Reencode => &["sync --live --preset small"],
        }
    }

    fn arguments(self) -> &'static str {
        match self {
            Operation::Sync => "sync --live",
            Operation::Wipe => "wipe OWNER --live --yes",
            Operation::Restore => "restore OWNER --from telecine-backup/OWNER --live --yes",
            Operation::Reencode => "reencode --preset standard --all --live --yes",
        }
    }
}

/// A site that everything has been prepared on, with a proxy before each of its servers that speaks HTTP.
struct Scene {
    syncing: Syncing,
    owner: Account,
    proxies: [Proxy; 2],
    arguments: String,
}

impl Scene {
    async fn new(stack: &Stack, operation: Operation) -> Scene {
        let mut syncing = Syncing::of(Site::on(stack).await);
        let owner = syncing.site.account("unlucky").await;
        syncing.fill(&owner).await;
        let of_owner = |arguments: &str| arguments.replace("OWNER", &owner.handle);
        for arguments in operation.before() {
            syncing.run(&of_owner(arguments)).await.succeeds();
        }
        let arguments = of_owner(operation.arguments());
        let proxies = [syncing.pds_proxy(), syncing.spaces_proxy()];
        Scene { syncing, owner, proxies, arguments }
    }

    fn requests(&self) -> usize {
        self.proxies.iter().map(|proxy| proxy.count("")).sum()
    }

    /// Kills the victim after this number of requests. Returns whether the program was still running.
    fn kill(&self, stack: &Stack, victim: Victim, requests: usize) -> bool {
        let mut running = self.syncing.start(&self.arguments);
        tokio::task::block_in_place(|| {
            let has_come = running.wait_until_or_end(|| self.requests() >= requests);
            match victim {
                Victim::Program => running.kill(),
                Victim::Mongod => {
                    stack.kill(Server::Mongod);
                    stack.restart(Server::Mongod);
                }
                Victim::Pds => {
                    stack.kill(Server::Pds);
                    stack.restart(Server::Pds);
                }
            }
            // Whatever it came to.
            running.finish();
            has_come
        })
    }
}

/// What an undisturbed run comes to, and how many requests that takes.
async fn undisturbed(stack: &Stack, operation: Operation) -> (State, usize) {
    let scene = Scene::new(stack, operation).await;
    scene.syncing.run(&scene.arguments).await.succeeds();
    (scene.syncing.state(&scene.owner).await, scene.requests())
}

/// Kills, runs again, and compares; this number of times.
async fn kills(operation: Operation) {
    let number = |name: &str| env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let runs = number("KILL_RUNS").unwrap_or(VICTIMS.len() as u64);
    let seed = if number("KILL_RUNS").is_none() {
        7
    } else {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
        number("KILL_SEED").unwrap_or(now)
    };
    println!("{operation:?}: {runs} runs, KILL_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let stack = Stack::start(&[]);
    let (expected, requests) = undisturbed(&stack, operation).await;
    assert!(!expected.keys.is_empty() && requests > 4, "{operation:?}: {requests} requests");
    let mut met = 0;
    for run in 0..runs {
        let victim = VICTIMS[run as usize % VICTIMS.len()];
        let moment = random.usize(1..=requests);
        let what = format!("{operation:?}, run {run}, {victim:?} at request {moment} of {requests}");
        let mut scene = Scene::new(&stack, operation).await;
        met += u64::from(scene.kill(&stack, victim, moment));
        scene.syncing.detours.clear();
        let again = scene.syncing.run(&scene.arguments).await;
        assert!(matches!(again.code, Some(0 | 3)), "{what}: {:?} {}", again.code, again.stderr);
        assert_eq!(scene.syncing.state(&scene.owner).await, expected, "{what}");
        assert_eq!(scene.syncing.run(&scene.arguments).await.code, Some(3), "{what}: there was something left to do");
    }
    println!("{operation:?}: {runs} runs ended well, {met} of them met at work");
    assert!(2 * met >= runs, "only {met} of {runs} were met at work");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_is_made_good_by_the_next() {
    kills(Operation::Sync).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wipe_is_made_good_by_the_next() {
    kills(Operation::Wipe).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_is_made_good_by_the_next() {
    kills(Operation::Restore).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reencode_is_made_good_by_the_next() {
    kills(Operation::Reencode).await;
}
