//! Requests for jobs: equal requests are one job.

use std::time::Duration;

use mongodb::bson::{Bson, Document, doc};
use mongodb::options::ReturnDocument;

use crate::error::Result;
use crate::remote::mongo::{failed, insist};
use crate::serve::jobs::{Failure, Job, Kind, State, Work};

use super::Store;
use super::claims::KEPT;
use super::expressions::{after, choose, expiry, literal, now};

impl Store {
    /// Requests work with a recipe, after a delay. When this returns the job, a majority of servers has stored it.
    ///
    /// A finished job starts again. A running one is repeated afterwards. A queued one is due at the earlier of both
    /// times, and one that waits after a failure keeps waiting. The newer request replaces the work, unless it only
    /// `hints` at it.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn submit(&self, work: &Work, recipe: &str, delay: Duration, hints: bool) -> Result<Job> {
        self.wish(work, wish(work, recipe, delay, if hints { Says::NothingNew } else { Says::Newer })).await
    }

    /// Requests work that is done only once: if a job for it exists, even a finished one, nothing changes.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn submit_once(&self, work: &Work, recipe: &str) -> Result<Job> {
        self.wish(work, wish(work, recipe, Duration::ZERO, Says::Nothing)).await
    }

    async fn wish(&self, work: &Work, update: Document) -> Result<Job> {
        let (id, update) = (work.id(), vec![update]);
        let attempt = || async {
            let jobs = self.jobs();
            let stored = jobs.find_one_and_update(doc! { "_id": &id }, update.clone());
            stored.upsert(true).return_document(ReturnDocument::After).await.map_err(failed("store a job"))
        };
        Ok(insist(attempt).await?.expect("what was inserted or updated is returned"))
    }

    /// Starts a finished job again, or a waiting one at once.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn retry(&self, id: &str) -> Result<Option<Job>> {
        let mut set = anew();
        set.insert("due", now());
        let filter = doc! { "_id": id, "state": { "$ne": State::Running.name() } };
        let job = self.change(filter, vec![doc! { "$set": set }], "retry a job").await?;
        if let Some(Work::Mirror(subject)) = job.as_ref().map(|job| &job.work)
            && let Some((medium, id)) = subject.item()
        {
            // A retry means that the stored digest may be wrong.
            self.doubt_place(medium, id).await?;
        }
        Ok(job)
    }

    /// Cancels a job: at once if it is not running, otherwise when its worker notices.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn cancel(&self, id: &str) -> Result<Option<Job>> {
        let is_running = doc! { "$eq": ["$state", State::Running.name()] };
        let set = doc! {
            "state": choose(is_running.clone(), "$state", State::Cancelled.name()),
            "due": choose(is_running.clone(), "$due", "$$REMOVE"),
            "finished": choose(is_running.clone(), "$finished", now()),
            "expires": choose(is_running.clone(), "$expires", expiry(KEPT)),
            "is_cancelled": is_running,
            "again": "$$REMOVE",
            "changed": now(),
        };
        let filter = doc! { "_id": id, "due": { "$exists": true } };
        self.change(filter, vec![doc! { "$set": set }], "cancel a job").await
    }

    /// Parks a job that is not running, until it is retried or requested again.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn park(&self, id: &str) -> Result<Option<Job>> {
        let failure = Failure { code: "operator.parked".into(), text: "the operator parked it".into() };
        let set = doc! {
            "state": State::Parked.name(),
            "failure": literal(&failure),
            "due": "$$REMOVE",
            "again": "$$REMOVE",
            "finished": now(),
            "expires": choose(doc! { "$eq": ["$work.kind", Kind::Webhook.name()] }, expiry(KEPT), "$$REMOVE"),
            "changed": now(),
        };
        let open = [State::Queued.name(), State::Waiting.name()];
        let filter = doc! { "_id": id, "state": { "$in": open.as_slice() } };
        self.change(filter, vec![doc! { "$set": set }], "park a job").await
    }

    pub(super) async fn change(&self, filter: Document, update: Vec<Document>, doing: &str) -> Result<Option<Job>> {
        let attempt = || async {
            let jobs = self.jobs();
            let changed = jobs.find_one_and_update(filter.clone(), update.clone());
            changed.return_document(ReturnDocument::After).await.map_err(failed(doing))
        };
        insist(attempt).await
    }
}

/// The fields of a new, finished or waiting job that is queued.
fn anew() -> Document {
    let open: Vec<_> = State::ALL.iter().filter(|state| !state.is_over()).map(|state| state.name()).collect();
    doc! {
        "state": State::Queued.name(),
        "attempt": 0,
        "deaths": 0,
        "round": choose(doc! { "$in": ["$state", open] }, "$round", doc! { "$ifNull": ["$fence", 0] }),
        "is_cancelled": false,
        "finished": "$$REMOVE",
        "expires": "$$REMOVE",
        "stage": "$$REMOVE",
        "percent": "$$REMOVE",
        "changed": now(),
    }
}

/// The effect of a request on an existing job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// Replaces the work, and repeats it.
    Newer,
    /// Repeats the work.
    NothingNew,
    /// None.
    Nothing,
}

fn wish(work: &Work, recipe: &str, delay: Duration, says: Says) -> Document {
    let over: Vec<_> = State::ALL.iter().filter(|state| state.is_over()).map(|state| state.name()).collect();
    let is_absent = doc! { "$eq": [{ "$type": "$state" }, "missing"] };
    let is_new = match says {
        Says::Nothing => is_absent,
        Says::Newer | Says::NothingNew => doc! { "$or": [is_absent, { "$in": ["$state", over] }] },
    };
    let is = |state: State| doc! { "$and": [says != Says::Nothing, { "$eq": ["$state", state.name()] }] };
    let due = after(delay);
    let recipe = if work.kind().encodes() { literal(&recipe) } else { "$$REMOVE".into() };
    let mut set: Document = anew()
        .into_iter()
        .map(|(field, value)| {
            let kept = Bson::String(format!("${field}"));
            (field, choose(is_new.clone(), value, kept).into())
        })
        .collect();
    let stored = literal(work);
    set.extend(doc! {
        "work": if says == Says::Newer { stored } else { doc! { "$ifNull": ["$work", stored] }.into() },
        "label": literal(&work.label()),
        "recipe": choose(is_new.clone(), recipe, "$recipe"),
        "created": { "$ifNull": ["$created", now()] },
        "fence": { "$ifNull": ["$fence", 0] },
        "history": { "$ifNull": ["$history", []] },
        "due": { "$switch": {
            "branches": [
                { "case": is_new, "then": due.clone() },
                { "case": is(State::Queued), "then": { "$min": ["$due", due.clone()] } },
            ],
            "default": "$due",
        } },
        "again": choose(is(State::Running), doc! { "$min": ["$again", due] }, "$again"),
    });
    doc! { "$set": set }
}
