//! Queries about jobs: one, many, or their number.

use futures_util::TryStreamExt;
use jiff::Timestamp;
use mongodb::bson::{Document, doc};
use mongodb::options::Hint;

use crate::error::Result;
use crate::remote::mongo::{failed, insist};
use crate::serve::jobs::{Job, Kind, State};

use super::Store;

/// A selection of jobs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Jobs of this kind.
    pub kind: Option<Kind>,
    /// Jobs in one of these states; in any state if empty.
    pub states: Vec<State>,
    /// Jobs whose last failure has this code.
    pub code: Option<String>,
    /// Jobs of the tape with this code or the item with this id, or the job with this id.
    pub search: Option<String>,
    /// Jobs after the one with this time of change and id, in the order of the list.
    pub after: Option<(Timestamp, String)>,
}

impl Filter {
    /// Failed, unfinished jobs with the same code.
    #[must_use]
    pub fn failed(code: String) -> Filter {
        Filter { states: vec![State::Parked, State::Waiting], code: Some(code), ..Filter::default() }
    }
}

/// The jobs of one kind in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Their kind.
    pub kind: Kind,
    /// Their state.
    pub state: State,
    /// Their number.
    pub jobs: u64,
    /// The time since which the oldest has been in this state.
    pub oldest: Option<Timestamp>,
}

impl Store {
    /// The job with that id.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn job(&self, id: &str) -> Result<Option<Job>> {
        insist(|| async { self.jobs().find_one(doc! { "_id": id }).await.map_err(failed("read a job")) }).await
    }

    /// Jobs, most recently changed first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn list(&self, filter: &Filter, limit: i64) -> Result<Vec<Job>> {
        let read = || async {
            let found = self.jobs().find(conditions(filter)).sort(doc! { "changed": -1, "_id": -1 }).limit(limit).await;
            found.map_err(failed("list jobs"))?.try_collect().await.map_err(failed("list jobs"))
        };
        insist(read).await
    }

    /// The bakes in one of these states, most recently changed first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn bakes(&self, states: &[State], limit: i64) -> Result<Vec<Job>> {
        let filter = Filter { kind: Some(Kind::Bake), states: states.to_vec(), ..Filter::default() };
        self.list(&filter, limit).await
    }

    /// The number of jobs of a kind in a state.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn count(&self, kind: Kind, state: State) -> Result<u64> {
        let filter = doc! { "work.kind": kind.name(), "state": state.name() };
        insist(|| async { self.documents().count_documents(filter.clone()).await.map_err(failed("count jobs")) }).await
    }

    /// Jobs that have changed since a time, or shortly before; without a time, those that have changed last. Oldest
    /// change first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn changed_since(&self, since: Option<Timestamp>, limit: i64) -> Result<Vec<Job>> {
        let Some(since) = since else {
            return self.list(&Filter::default(), 1).await;
        };
        let read = || async {
            let changed = doc! { "changed": { "$gte": since.as_millisecond() } };
            let found = self.jobs().find(changed).sort(doc! { "changed": 1, "_id": 1 }).limit(limit).await;
            found.map_err(failed("list jobs"))?.try_collect().await.map_err(failed("list jobs"))
        };
        insist(read).await
    }

    /// The number of failed, unfinished jobs by code, most frequent first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn causes(&self) -> Result<Vec<(String, u64)>> {
        let pipeline = [
            doc! { "$match": { "state": { "$in": [State::Waiting.name(), State::Parked.name()] } } },
            doc! { "$group": { "_id": "$failure.code", "jobs": { "$sum": 1 } } },
            doc! { "$sort": { "jobs": -1, "_id": 1 } },
        ];
        let read = || async {
            let counted = self.documents().aggregate(pipeline.clone()).await.map_err(failed("count failures"))?;
            counted.try_collect::<Vec<Document>>().await.map_err(failed("count failures"))
        };
        let cause = |group: &Document| Some((group.get_str("_id").ok()?.to_owned(), number(group, "jobs")?));
        Ok(insist(read).await?.iter().filter_map(cause).collect())
    }

    /// The number of waiting jobs that failed with a code, and the time of the first retry.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn waiting_for(&self, code: &str) -> Result<(u64, Option<Timestamp>)> {
        let pipeline = [
            doc! { "$match": { "state": State::Waiting.name(), "failure.code": code } },
            doc! { "$group": { "_id": null, "jobs": { "$sum": 1 }, "due": { "$min": "$due" } } },
        ];
        let read = || async {
            let counted = self.documents().aggregate(pipeline.clone()).await.map_err(failed("count jobs"))?;
            counted.try_collect::<Vec<Document>>().await.map_err(failed("count jobs"))
        };
        let found = insist(read).await?;
        let Some(group) = found.first() else { return Ok((0, None)) };
        let due = group.get_i64("due").ok().and_then(|due| Timestamp::from_millisecond(due).ok());
        Ok((number(group, "jobs").unwrap_or_default(), due))
    }

    /// The number of jobs by kind and state.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn queues(&self) -> Result<Vec<Tally>> {
        let group = doc! { "$group": {
            "_id": { "kind": "$work.kind", "state": "$state" },
            "jobs": { "$sum": 1 },
            "oldest": { "$min": "$changed" },
        } };
        let read = || async {
            // From the index alone: documents hold the bodies of webhooks and the histories of attempts.
            let index = Hint::Keys(doc! { "work.kind": 1, "state": 1, "changed": -1, "_id": -1 });
            let counted = self.documents().aggregate([group.clone()]).hint(index).await;
            let counted = counted.map_err(failed("count jobs"))?;
            counted.try_collect::<Vec<Document>>().await.map_err(failed("count jobs"))
        };
        Ok(insist(read).await?.iter().filter_map(tally).collect())
    }
}

fn conditions(filter: &Filter) -> Document {
    let mut all = Vec::new();
    if let Some(kind) = filter.kind {
        all.push(doc! { "work.kind": kind.name() });
    }
    if !filter.states.is_empty() {
        all.push(doc! { "state": { "$in": filter.states.iter().map(|state| state.name()).collect::<Vec<_>>() } });
    }
    if let Some(code) = &filter.code {
        all.push(doc! { "failure.code": code });
    }
    if let Some(search) = &filter.search {
        all.push(doc! { "$or": [{ "label": search }, { "_id": search }] });
    }
    if let Some((changed, id)) = &filter.after {
        let changed = changed.as_millisecond();
        all.push(doc! { "$or": [
            { "changed": { "$lt": changed } },
            { "changed": changed, "_id": { "$lt": id } },
        ] });
    }
    if all.is_empty() {
        Document::new()
    } else {
        doc! { "$and": all }
    }
}

fn tally(group: &Document) -> Option<Tally> {
    let id = group.get_document("_id").ok()?;
    let kind = id.get_str("kind").ok()?;
    let state = id.get_str("state").ok()?;
    Some(Tally {
        kind: Kind::named(kind)?,
        state: State::named(state)?,
        jobs: number(group, "jobs")?,
        oldest: group.get_i64("oldest").ok().and_then(|oldest| Timestamp::from_millisecond(oldest).ok()),
    })
}

/// A count; MongoDB returns the smallest type that holds it.
fn number(group: &Document, field: &str) -> Option<u64> {
    let number = group.get_i32(field).map(i64::from).or_else(|_| group.get_i64(field)).ok()?;
    Some(number.unsigned_abs())
}
