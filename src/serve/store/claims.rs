//! Claims of jobs: taken, renewed and settled. A job has one worker at a time, and an outdated claim writes nothing.

use std::time::Duration;

use mongodb::bson::{Bson, Document, doc};
use mongodb::options::ReturnDocument;

use crate::error::Result;
use crate::remote::mongo::failed;
use crate::serve::jobs::{Failure, Job, Kind, Next, Outcome, Stage, State};

use super::Store;
use super::expressions::{after, choose, expiry, literal, now};

/// How long a claim lasts without renewal.
pub const LEASE: Duration = Duration::from_secs(30);

/// The number of attempts that are kept.
const MOST_HISTORY: i32 = 20;

/// How long finished jobs are kept; parked ones stay until they are requested again.
pub(super) const KEPT: Duration = Duration::from_hours(30 * 24);

/// How long delivered webhooks are kept: there are many, and each has its body.
const DELIVERED_KEPT: Duration = Duration::from_hours(3 * 24);

/// How long a job is kept that ended in that state; `None` to keep it until it is requested again.
fn kept(kind: Kind, state: State) -> Option<Duration> {
    match (kind, state) {
        (Kind::Webhook, State::Done | State::Cancelled) => Some(DELIVERED_KEPT),
        // An endpoint that is gone leaves one behind per event.
        (Kind::Webhook, State::Parked) | (_, State::Done | State::Cancelled) => Some(KEPT),
        _ => None,
    }
}

/// A worker that claims jobs.
#[derive(Debug, Clone, Copy)]
pub struct Claimant<'a> {
    /// The worker's name.
    pub worker: &'a str,
    /// The recipe of its videos.
    pub recipe: &'a str,
    /// The endpoints to which it makes the most deliveries that are allowed in parallel.
    pub busy: &'a [String],
}

/// A job that a worker has claimed.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The job at the time of the claim.
    pub job: Job,
}

/// The result of renewing a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewed {
    /// The claim is renewed.
    Kept,
    /// The job was cancelled.
    Cancelled,
    /// Another worker has the job by now.
    Lost,
}

impl Store {
    /// Claims the job of a kind that has been due for longest, among those that the claimant may take.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn claim(&self, kind: Kind, claimant: Claimant<'_>) -> Result<Option<Claim>> {
        self.claim_first(doc! { "work.kind": kind.name() }, claimant).await
    }

    /// Claims the job with that id, if it is due and the claimant may take it.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn claim_job(&self, id: &str, claimant: Claimant<'_>) -> Result<Option<Claim>> {
        self.claim_first(doc! { "_id": id }, claimant).await
    }

    async fn claim_first(&self, mut filter: Document, claimant: Claimant<'_>) -> Result<Option<Claim>> {
        let was_running = doc! { "$eq": ["$state", State::Running.name()] };
        let set = doc! {
            "state": State::Running.name(),
            "due": after(LEASE),
            "fence": { "$add": ["$fence", 1] },
            "attempt": { "$add": ["$attempt", 1] },
            // If a running job is due, its worker is gone.
            "deaths": { "$add": ["$deaths", choose(was_running, 1, 0)] },
            "worker": literal(&claimant.worker),
            "stage": "$$REMOVE",
            "percent": "$$REMOVE",
            "started": now(),
            "changed": now(),
        };
        filter.extend(doc! {
            "due": { "$exists": true },
            "$expr": { "$lte": ["$due", now()] },
            "recipe": { "$in": [claimant.recipe, null] },
        });
        if !claimant.busy.is_empty() {
            filter.insert("work.endpoint", doc! { "$nin": claimant.busy });
        }
        let jobs = self.jobs();
        let claim = jobs.find_one_and_update(filter, vec![doc! { "$set": set }]).sort(doc! { "due": 1 });
        // Without a retry, because workers poll every second.
        let job = claim.return_document(ReturnDocument::After).await.map_err(failed("claim a job"))?;
        Ok(job.map(|job| Claim { job }))
    }

    /// Renews a claim, and stores the progress.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn renew(&self, claim: &Claim, stage: Option<Stage>, percent: Option<u8>) -> Result<Renewed> {
        let set = doc! {
            "due": after(LEASE),
            "stage": stage.map_or("$$REMOVE".into(), |stage| literal(&stage)),
            "percent": percent.map_or("$$REMOVE".into(), |percent| literal(&percent)),
            "changed": now(),
        };
        let job = self.change(own(claim), vec![doc! { "$set": set }], "renew a claim").await?;
        Ok(match job {
            None => Renewed::Lost,
            Some(job) if job.is_cancelled => Renewed::Cancelled,
            Some(_) => Renewed::Kept,
        })
    }

    /// Stores where the poster of a tape is whose video is being made.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn note_poster(&self, claim: &Claim, url: &str) -> Result<()> {
        let set = doc! { "poster": literal(&url), "changed": now() };
        self.change(own(claim), vec![doc! { "$set": set }], "note a poster").await.map(|_| ())
    }

    /// Stores how an attempt ended. Returns the job's new state; `None`, without a write, if another worker has it by
    /// now.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn settle(&self, claim: &Claim, next: &Next) -> Result<Option<Job>> {
        let (state, due, failure, outcome) = match next {
            Next::Done(outcome) => (State::Done, None, None, Some(outcome)),
            Next::Wait(failure, pause) => (State::Waiting, Some(*pause), Some(failure), None),
            Next::Park(failure) => (State::Parked, None, Some(failure), None),
            Next::Release => (State::Queued, Some(Duration::ZERO), None, None),
        };
        let kept = kept(claim.job.work.kind(), state);
        let update = settled(state, due, failure, outcome, kept, matches!(next, Next::Release));
        self.change(own(claim), update, "settle a job").await
    }

    /// Ends a cancelled job.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn end(&self, claim: &Claim) -> Result<Option<Job>> {
        let kept = kept(claim.job.work.kind(), State::Cancelled);
        self.change(own(claim), settled(State::Cancelled, None, None, None, kept, false), "cancel a job").await
    }
}

/// Matches a job as long as the claim holds.
fn own(claim: &Claim) -> Document {
    doc! { "_id": &claim.job.id, "fence": claim.job.fence, "state": State::Running.name() }
}

fn settled(
    state: State,
    due: Option<Duration>,
    failure: Option<&Failure>,
    outcome: Option<&Outcome>,
    kept: Option<Duration>,
    is_release: bool,
) -> Vec<Document> {
    let is_wanted_again = doc! { "$ne": [{ "$type": "$again" }, "missing"] };
    let failure = failure.map_or("$$REMOVE".into(), literal);
    let attempt = doc! {
        "started": "$started", "ended": now(), "worker": "$worker", "stage": "$stage", "state": state.name(),
        "failure": failure.clone(),
    };
    let remember = doc! { "$slice": [{ "$concatArrays": ["$history", [attempt]] }, -MOST_HISTORY] };
    let removed = || Bson::from("$$REMOVE");
    let expires = kept.map(expiry);
    let counted = doc! { "$max": [0, { "$subtract": ["$attempt", 1] }] };
    let over = doc! {
        "state": state.name(),
        "due": due.map_or_else(removed, |pause| after(pause).into()),
        "finished": if state.is_over() { now().into() } else { removed() },
        "expires": expires.map_or_else(removed, Bson::from),
        "failure": failure,
        "outcome": outcome.map_or("$outcome".into(), literal),
        "history": remember,
        "attempt": if is_release { counted.into() } else { Bson::from("$attempt") },
        "changed": now(),
    };
    // In a separate step, because the fields of a step do not see each other's new values.
    let again = doc! {
        "state": choose(is_wanted_again.clone(), State::Queued.name(), "$state"),
        "due": choose(is_wanted_again.clone(), "$again", "$due"),
        "attempt": choose(is_wanted_again.clone(), 0, "$attempt"),
        "deaths": choose(is_wanted_again.clone(), 0, "$deaths"),
        "round": choose(is_wanted_again.clone(), "$fence", "$round"),
        "expires": choose(is_wanted_again, "$$REMOVE", "$expires"),
        "is_cancelled": false,
        "again": "$$REMOVE",
    };
    let gone = doc! { "$unset": ["percent", "stage"] };
    vec![doc! { "$set": over }, doc! { "$set": again }, gone]
}
