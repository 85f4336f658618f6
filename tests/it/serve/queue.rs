//! What every queue does, each in turn: the one of a single process, and the one on NATS.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mongodb::bson::doc;
use telecine::config::Config;
use telecine::remote::mongo::Mongo;
use telecine::serve::{
    Bake, Claimant, Failure, Job, Kind, Next, Outcome, Queue, State, Store, Taken, Work, open_queue, rebuild,
};
use tokio_util::sync::CancellationToken;

use super::stream::{self, nats};
use super::{LIMIT, database, eventually, stored};
use crate::stack::site::Site;
use crate::stack::{Server, Stack};

const RECIPE: &str = "standard@1+00000001";

/// A queue, and the store that it is for.
struct Hub {
    site: Site,
    store: Store,
    queue: Arc<dyn Queue>,
    on_nats: bool,
}

impl Hub {
    async fn new(on_nats: bool) -> Hub {
        let site = Site::new().await;
        let servers = on_nats.then(|| nats(&site).to_owned());
        Hub::at(site, servers).await
    }

    /// With a queue on these NATS servers, which need not be there.
    async fn at(site: Site, servers: Option<String>) -> Hub {
        let environment = |name: &str| match name {
            "TELECINE_DATABASE" => Some(database(&site)),
            "TELECINE_QUEUE" => servers.clone(),
            _ => site.environment().get(name).cloned(),
        };
        let config = Config::from_sources(environment, None).unwrap();
        let store = Store::open(&Mongo::connect(&config).await.unwrap(), &database(&site)).await.unwrap();
        let queue = open_queue(&config.service().unwrap(), &store, &CancellationToken::new()).await.unwrap();
        Hub { site, store, queue, on_nats: servers.is_some() }
    }

    async fn submit(&self, code: &str, delay: Duration) -> Job {
        let job = self.store.submit(&bake(code), RECIPE, delay, false).await.unwrap();
        self.queue.push(&job);
        job
    }

    /// What the worker gets that asks next, which may be nothing.
    async fn take_as(&self, worker: &str, recipe: &str) -> Option<Taken> {
        let claimant = Claimant { worker, recipe, busy: &[] };
        self.queue.take(Kind::Bake, claimant).await.unwrap()
    }

    /// What a worker gets that asks until it gets something.
    async fn taken(&self) -> Taken {
        eventually("a job", async || self.take_as("w1", RECIPE).await).await
    }

    /// Makes sure that a worker that asks a few times gets nothing.
    async fn is_empty(&self, recipe: &str) {
        for _ in 0..3 {
            let taken = self.take_as("w1", recipe).await;
            assert!(taken.is_none(), "{:?}", taken.map(|taken| taken.claim));
        }
    }

    async fn settle(&self, taken: &Taken, next: Next) -> Job {
        let job = self.store.settle(&taken.claim, &next).await.unwrap();
        taken.ticket.give_back(job.as_ref()).await;
        job.expect("the claim holds")
    }

    async fn done(&self, taken: &Taken) {
        self.settle(taken, Next::Done(Outcome::Noted("done".into()))).await;
    }

    /// Waits until nothing is left in the stream, where there is one.
    async fn leaves_nothing_behind(&self) {
        if self.on_nats {
            // Messages of finished jobs may be delivered once more before they are deleted.
            stream::is_empty_after(&self.site, async || self.is_empty(RECIPE).await).await;
        }
    }

    /// Deletes the stream with all that it holds.
    async fn lose(&self) {
        if self.on_nats {
            stream::delete(&self.site).await;
        }
    }
}

fn bake(code: &str) -> Work {
    let (code, slug, mongo_id) = (code.into(), "slug".into(), "1".into());
    Work::Bake(Bake { code, slug, mongo_id, zip_url: None, callback_url: "https://a/b".into() })
}

/// Checks something of every queue.
async fn of_each(check: impl AsyncFn(&Hub)) {
    for on_nats in [false, true] {
        check(&Hub::new(on_nats).await).await;
    }
}

fn failure() -> Failure {
    Failure { code: "fetch.missing".into(), text: "not there".into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_job_is_given_to_one_worker_once() {
    of_each(async |hub| {
        let mut expected: Vec<_> = (0..40).map(|number| format!("t{number}")).collect();
        for code in &expected {
            hub.submit(code, Duration::ZERO).await;
        }
        let worker = async |name: &'static str| {
            let mut labels = Vec::new();
            while let Some(taken) = hub.take_as(name, RECIPE).await {
                taken.ticket.extend().await;
                labels.push(taken.claim.job.work.label().to_owned());
                hub.done(&taken).await;
            }
            labels
        };
        let (one, two, three) = tokio::join!(worker("w1"), worker("w2"), worker("w3"));
        let mut labels = [one, two, three].concat();
        labels.sort();
        expected.sort();
        assert_eq!(labels, expected);
        hub.leaves_nothing_behind().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_comes_when_it_is_due_and_sooner_if_somebody_wants_it_sooner() {
    of_each(async |hub| {
        let began = Instant::now();
        hub.submit("later", Duration::from_secs(4)).await;
        let taken = hub.taken().await;
        assert!(began.elapsed() >= Duration::from_secs(4), "{:?}", began.elapsed());
        hub.done(&taken).await;

        hub.submit("soon", Duration::from_hours(1)).await;
        hub.is_empty(RECIPE).await;
        hub.submit("soon", Duration::ZERO).await;
        let taken = hub.taken().await;
        assert_eq!(taken.claim.job.work.label(), "soon");
        hub.done(&taken).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_failed_or_was_handed_back_comes_again() {
    of_each(async |hub| {
        hub.submit("again", Duration::ZERO).await;
        let taken = hub.taken().await;
        let began = Instant::now();
        hub.settle(&taken, Next::Wait(failure(), Duration::from_secs(2))).await;
        let taken = hub.taken().await;
        assert!(began.elapsed() >= Duration::from_secs(2));
        assert_eq!(taken.claim.job.attempt, 2);
        hub.settle(&taken, Next::Release).await;
        let taken = hub.taken().await;
        assert_eq!(taken.claim.job.attempt, 2);
        // Asked for once more while it is being done.
        hub.submit("again", Duration::ZERO).await;
        let job = hub.store.settle(&taken.claim, &Next::Done(Outcome::Noted("done".into()))).await.unwrap().unwrap();
        assert_eq!(job.state, State::Queued);
        taken.ticket.give_back(Some(&job)).await;
        let taken = hub.taken().await;
        hub.done(&taken).await;
        hub.leaves_nothing_behind().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_over_before_anybody_takes_it_is_given_to_nobody() {
    of_each(async |hub| {
        let cancelled = hub.submit("cancelled", Duration::ZERO).await;
        let parked = hub.submit("parked", Duration::from_hours(1)).await;
        hub.store.cancel(&cancelled.id).await.unwrap().unwrap();
        hub.store.park(&parked.id).await.unwrap().unwrap();
        hub.is_empty(RECIPE).await;
        let job = hub.store.retry(&parked.id).await.unwrap().unwrap();
        hub.queue.push(&job);
        let taken = hub.taken().await;
        assert_eq!(taken.claim.job.id, parked.id);
        hub.done(&taken).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_job_of_a_worker_that_is_gone_is_given_to_another_and_the_first_writes_nothing() {
    of_each(async |hub| {
        hub.submit("dead", Duration::ZERO).await;
        let first = hub.taken().await;
        // As if its lease had been over for a minute.
        let jobs = stored(&hub.site, "jobs");
        jobs.update_one(doc! { "_id": &first.claim.job.id }, doc! { "$set": { "due": 0_i64 } }).await.unwrap();
        rebuild(&hub.store, hub.queue.as_ref()).await.unwrap();
        let second = eventually("the job once more", async || hub.take_as("w2", RECIPE).await).await;
        assert_eq!((second.claim.job.deaths, second.claim.job.worker.as_deref()), (1, Some("w2")));
        let late = hub.store.settle(&first.claim, &Next::Done(Outcome::Noted("late".into()))).await.unwrap();
        assert_eq!(late, None);
        first.ticket.give_back(None).await;
        hub.done(&second).await;
        hub.is_empty(RECIPE).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_queue_has_lost_is_told_again() {
    of_each(async |hub| {
        for number in 0..20 {
            hub.submit(&format!("t{number}"), Duration::ZERO).await;
        }
        let first = hub.taken().await;
        hub.lose().await;
        let told = rebuild(&hub.store, hub.queue.as_ref()).await.unwrap();
        // A running job needs no announcement.
        assert_eq!(told, if hub.on_nats { 19 } else { 0 });
        assert_eq!(rebuild(&hub.store, hub.queue.as_ref()).await.unwrap(), 0);
        for _ in 0..19 {
            let taken = hub.taken().await;
            hub.done(&taken).await;
        }
        hub.done(&first).await;
        hub.leaves_nothing_behind().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_worker_and_message_are_both_gone_is_told_as_soon_as_its_lease_is_over() {
    of_each(async |hub| {
        let job = hub.submit("t", Duration::ZERO).await;
        let gone = hub.taken().await;
        hub.lose().await;
        // As if the lease had just ended.
        let ended = vec![doc! { "$set": { "due": { "$subtract": [{ "$toLong": "$$NOW" }, 1_i64] } } }];
        stored(&hub.site, "jobs").update_one(doc! { "_id": &job.id }, ended).await.unwrap();
        let told = rebuild(&hub.store, hub.queue.as_ref()).await.unwrap();
        assert_eq!(told, u64::from(hub.on_nats));
        let taken = hub.taken().await;
        assert_eq!((&taken.claim.job.id, taken.claim.job.deaths), (&gone.claim.job.id, 1));
        hub.done(&taken).await;
        hub.leaves_nothing_behind().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_takes_no_job_that_it_would_do_otherwise_until_nobody_else_is_there() {
    of_each(async |hub| {
        let newer = "standard@2+00000002";
        hub.submit("old", Duration::ZERO).await;
        hub.is_empty(newer).await;
        // The only worker there is.
        let now = jiff::Timestamp::now().as_millisecond();
        let process = doc! {
            "_id": "w2", "host": "h", "role": "worker", "version": "1", "recipe": newer, "started": now,
            "budgets": [], "waits": [], "at": now,
        };
        stored(&hub.site, "processes").insert_one(process).await.unwrap();
        rebuild(&hub.store, hub.queue.as_ref()).await.unwrap();
        let taken = eventually("the job", async || hub.take_as("w2", newer).await).await;
        assert_eq!(taken.claim.job.recipe.as_deref(), Some(newer));
        hub.done(&taken).await;
        hub.leaves_nothing_behind().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_server_workers_find_jobs_by_themselves() {
    // Nobody listens there.
    let hub = Hub::at(Site::new().await, Some("nats://127.0.0.1:9".into())).await;
    let began = Instant::now();
    let job = hub.submit("alone", Duration::ZERO).await;
    let taken = hub.taken().await;
    assert_eq!(taken.claim.job.id, job.id);
    assert!(began.elapsed() < LIMIT);
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_whose_server_goes_away_and_stays_away_find_jobs_by_themselves() {
    let stack = Stack::start(&[]);
    let hub = Hub::at(Site::on(&stack).await, Some(stack.environment()["NATS_URL"].clone())).await;
    hub.submit("by NATS", Duration::ZERO).await;
    let taken = hub.taken().await;
    hub.done(&taken).await;
    stack.kill(Server::Nats);
    let job = hub.submit("alone", Duration::ZERO).await;
    let taken = hub.taken().await;
    assert_eq!(taken.claim.job.id, job.id);
    hub.done(&taken).await;
}
