//! Workers: claim a job, renew the claim during the work, store its end. Each kind of work has its own workers, so that
//! no kind waits behind another.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use crate::sync::Control;
use crate::sync::isolated;

use super::jobs::{End, Failure, Job, Kind, MOST_DEATHS, Next, Work};
use super::outbox::Delivery;
use super::progress::Progress;
use super::queue::{Taken, Ticket};
use super::service::Service;
use super::store::{Claim, Claimant, Renewed};
use super::work;

/// How often the progress of a job is stored, if it has changed.
const REPORT: Duration = Duration::from_secs(1);

/// How often a claim is renewed: often enough that two consecutive renewals may fail.
const RENEW: Duration = Duration::from_secs(8);

/// The number of parallel jobs of a kind. Encoders, decoders and uploads have their own limits.
fn slots(kind: Kind, cores: usize) -> usize {
    match kind {
        // One more than can be encoded, to fetch the next ZIP meanwhile.
        Kind::Bake => cores + 1,
        Kind::Mirror => 16,
        Kind::Callback => 8,
        // Each takes a connection and a body of at most 20 kB. An endpoint gets only a few of them, see `Deliveries`.
        Kind::Webhook => 128,
        Kind::Plan => 1,
    }
}

/// The time limit of an attempt.
fn limit(kind: Kind) -> Duration {
    match kind {
        Kind::Bake | Kind::Mirror => Duration::from_mins(30),
        Kind::Callback => Duration::from_mins(4),
        Kind::Webhook => Duration::from_mins(1),
        Kind::Plan => Duration::from_hours(12),
    }
}

/// Works until `service.stopping` is cancelled and running jobs have ended.
pub async fn run(service: Arc<Service>) {
    let mut lanes = JoinSet::new();
    for kind in Kind::ALL {
        let slots = slots(kind, service.services.encoder.threads());
        let (sender, receiver) = mpsc::channel(1);
        lanes.spawn(claim(service.clone(), kind, slots, sender));
        let (service, runtime) = (service.clone(), Handle::current());
        // A thread per kind: the computations of its jobs block neither other kinds nor requests.
        lanes.spawn_blocking(move || runtime.block_on(lane(&service, receiver)));
    }
    lanes.join_all().await;
}

/// The resources of a running job.
struct Slot {
    _of_kind: OwnedSemaphorePermit,
    /// For a webhook, the delivery to its endpoint.
    _delivery: Option<Delivery>,
}

/// A claimed job and its slot.
type Claimed = (Taken, Slot);

/// Claims jobs of a kind while there are free slots.
async fn claim(service: Arc<Service>, kind: Kind, slots: usize, claimed: mpsc::Sender<Claimed>) {
    let slots = Arc::new(Semaphore::new(slots));
    while !service.stopping.is_cancelled() {
        let slot = tokio::select! {
            slot = slots.clone().acquire_owned() => slot.expect("the semaphore is not closed"),
            () = service.stopping.cancelled() => break,
        };
        let busy = service.deliveries.busy();
        let claimant = Claimant { worker: &service.worker, recipe: &service.recipe, busy: &busy };
        match service.queue.take(kind, claimant).await {
            Ok(Some(taken)) => {
                let delivery = match &taken.claim.job.work {
                    Work::Webhook(webhook) => Some(service.deliveries.begin(&webhook.endpoint)),
                    _ => None,
                };
                // The lane receives as long as this sender exists.
                let _ = claimed.send((taken, Slot { _of_kind: slot, _delivery: delivery })).await;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(kind = kind.name(), chain = ?error.chain(), "cannot claim a job"),
        }
    }
}

/// Works on all claimed jobs concurrently.
async fn lane(service: &Arc<Service>, mut claimed: mpsc::Receiver<Claimed>) {
    let mut jobs = FuturesUnordered::new();
    loop {
        tokio::select! {
            received = claimed.recv() => match received {
                Some((Taken { claim, ticket }, slot)) => {
                    let (id, kind, number) = (&claim.job.id, claim.job.work.kind(), claim.job.attempt);
                    let span = tracing::info_span!("job", id, kind = kind.name(), number, of = claim.job.work.label());
                    let attempt = async move {
                        let ticket = Arc::from(ticket);
                        let job = attempt(service, claim, &ticket).await;
                        drop(slot);
                        ticket.give_back(job.as_ref()).await;
                    };
                    jobs.push(Box::pin(attempt.instrument(span)));
                }
                None => break,
            },
            Some(()) = jobs.next() => {}
        }
    }
    while jobs.next().await.is_some() {}
}

/// One attempt at a job, from its claim to its end. Returns the job's new state; `None` if another worker has it.
async fn attempt(service: &Arc<Service>, claim: Claim, ticket: &Arc<dyn Ticket>) -> Option<Job> {
    let job = &claim.job;
    if job.deaths >= MOST_DEATHS {
        let text = format!("{} workers disappeared during this job", job.deaths);
        return settle(service, &claim, Next::Park(Failure { code: "worker.died".into(), text }), Duration::ZERO).await;
    }
    service.metrics.jobs.begin(job);
    let began = Instant::now();
    let progress = Progress::new();
    let control = Control { stop: service.ending.child_token(), ..Control::default() };
    let limit = limit(job.work.kind());
    let working = async {
        let worked = isolated(work::work(service, &claim, &progress, &control));
        match tokio::time::timeout(limit, worked).await {
            Ok(Ok(end)) => end,
            Ok(Err(error)) => End::of(&error),
            Err(_) => End::timed_out(limit),
        }
    };
    // In its own task, so that work cannot block the renewal.
    let mut kept = AbortOnDropHandle::new(tokio::spawn(
        keep(service.clone(), claim.clone(), ticket.clone(), progress.clone()).in_current_span(),
    ));
    let end = {
        let mut working = std::pin::pin!(working);
        tokio::select! {
            end = &mut working => Ok(end),
            renewed = &mut kept => Err(renewed.unwrap_or(Renewed::Lost)),
        }
    };
    // Dropping the work ends its async parts; the token ends its threads.
    control.stop.cancel();
    match end {
        Ok(end) => settle(service, &claim, end.next(job.attempt, Timestamp::now()), began.elapsed()).await,
        Err(Renewed::Cancelled) => service.store.end(&claim).await.unwrap_or_else(|error| {
            tracing::warn!(chain = ?error.chain(), "cannot end a cancelled job");
            None
        }),
        Err(_) => {
            tracing::warn!("another worker has the job by now");
            None
        }
    }
}

/// Renews a claim until that fails for good.
async fn keep(service: Arc<Service>, claim: Claim, ticket: Arc<dyn Ticket>, progress: Progress) -> Renewed {
    let mut told = (None, None);
    let mut since = Instant::now();
    loop {
        tokio::time::sleep(REPORT).await;
        let now = progress.now();
        if now == told && since.elapsed() < RENEW {
            continue;
        }
        match service.store.renew(&claim, now.0, now.1).await {
            Ok(Renewed::Kept) => {
                (told, since) = (now, Instant::now());
                ticket.extend().await;
            }
            Ok(renewed) => return renewed,
            // This worker keeps the job until the lease ends.
            Err(error) => tracing::warn!(chain = ?error.chain(), "cannot renew a claim"),
        }
    }
}

/// Stores the end of an attempt, after notifying callers and subscribers. Returns the job's new state.
async fn settle(service: &Service, claim: &Claim, next: Next, took: Duration) -> Option<Job> {
    let settled = async {
        if let Next::Park(failure) = &next {
            work::give_up(service, claim, failure).await?;
        }
        service.store.settle(claim, &next).await
    };
    match settled.await {
        Ok(Some(job)) => {
            service.metrics.jobs.end(&job, took);
            tell(&job);
            return Some(job);
        }
        Ok(None) => tracing::warn!("another worker has the job by now"),
        // It is due again when its lease ends.
        Err(error) => tracing::warn!(chain = ?error.chain(), "cannot store the end of a job"),
    }
    None
}

fn tell(job: &Job) {
    let state = job.state.name();
    if let Some(Failure { code, text }) = &job.failure {
        tracing::warn!(state, code, text, "job not done");
    } else {
        tracing::info!(state, "job settled");
    }
}
