//! Live changes of jobs for all watchers: read from the database, so that it includes jobs of other processes, and only
//! while there are watchers.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::store::Store;
use super::view::JobView;

/// How often the database is read.
const LOOK: Duration = Duration::from_millis(500);

/// How far each read looks back: a write may become visible after a later one.
const OVERLAP: SignedDuration = SignedDuration::from_secs(3);

/// The number of changes that a watcher may be behind, or offline, without missing any.
const KEPT: usize = 1_000;

/// The number of changes per read.
const MOST: i64 = 2_000;

/// A change of a job, with its number in this process.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    number: u64,
    /// The job after it.
    pub job: JobView,
}

/// The changes of jobs, shared by clones.
#[derive(Debug, Clone)]
pub struct Feed {
    /// The name of this process, because each process counts on its own.
    process: Arc<str>,
    sender: broadcast::Sender<Arc<Update>>,
    past: Arc<Mutex<VecDeque<Arc<Update>>>>,
}

impl Feed {
    /// The feed of the process with that name, without watchers.
    #[must_use]
    pub fn new(process: &str) -> Feed {
        Feed { process: process.into(), sender: broadcast::Sender::new(KEPT), past: Arc::default() }
    }

    /// The id of an update, with which a watcher continues after it.
    #[must_use]
    pub fn id(&self, update: &Update) -> String {
        format!("{}.{}", self.process, update.number)
    }

    fn number(&self, id: &str) -> Option<u64> {
        id.strip_prefix(&*self.process)?.strip_prefix('.')?.parse().ok()
    }

    /// Watches from now on. Given the [id](Feed::id) of the last change seen, first returns the changes since then;
    /// `None` if some of them are no longer known, or if the id is of another process.
    #[must_use]
    pub fn watch(&self, last: Option<&str>) -> (Option<Vec<Arc<Update>>>, broadcast::Receiver<Arc<Update>>) {
        let past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that each change is in exactly one of the two.
        let receiver = self.sender.subscribe();
        let missed = last.map_or(Some(Vec::new()), |last| {
            let last = self.number(last)?;
            let is_known = past.front().is_some_and(|first| first.number <= last.saturating_add(1))
                && past.back().is_some_and(|newest| newest.number >= last);
            is_known.then(|| past.iter().filter(|update| update.number > last).cloned().collect())
        });
        (missed, receiver)
    }

    fn tell(&self, job: JobView) {
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let number = past.back().map_or(1, |newest| newest.number + 1);
        let update = Arc::new(Update { number, job });
        past.push_back(update.clone());
        if past.len() > KEPT {
            past.pop_front();
        }
        // There may be no watchers.
        let _ = self.sender.send(update);
    }
}

/// Reads changes of the jobs in a store, while there are watchers, until `stopping` is cancelled.
pub async fn run(feed: &Feed, store: &Store, stopping: &CancellationToken) {
    let mut seen: HashMap<String, Timestamp> = HashMap::new();
    let mut from: Option<Timestamp> = None;
    let mut overlap = OVERLAP;
    while !stopping.is_cancelled() {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stopping.cancelled() => break,
        }
        if feed.sender.receiver_count() == 0 {
            (seen, from) = (HashMap::new(), None);
            continue;
        }
        match store.changed_since(from.map(|from| from - overlap), MOST).await {
            // Changes from shortly before the first watcher are sent with the next read.
            Ok(jobs) if from.is_none() => {
                from = Some(jobs.first().map_or(Timestamp::UNIX_EPOCH, |latest| latest.changed));
            }
            Ok(jobs) => {
                // With more changes than one read returns, looking back would return the same ones again.
                overlap = if (jobs.len() as i64) < MOST { OVERLAP } else { SignedDuration::ZERO };
                for job in jobs {
                    from = from.max(Some(job.changed));
                    if seen.insert(job.id.clone(), job.changed) != Some(job.changed) {
                        feed.tell(JobView::from(&job));
                    }
                }
                let oldest = from.map(|from| from - OVERLAP);
                seen.retain(|_, changed| Some(*changed) >= oldest);
            }
            Err(error) => tracing::warn!(chain = ?error.chain(), "cannot read changes of jobs"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::jobs::{Kind, State};

    fn job(label: u64) -> JobView {
        let now = Timestamp::UNIX_EPOCH;
        JobView {
            id: label.to_string(),
            kind: Kind::Plan,
            label: label.to_string(),
            medium: None,
            state: State::Queued,
            stage: None,
            percent: None,
            poster: None,
            attempt: 0,
            created: now,
            changed: now,
            started: None,
            due: None,
            finished: None,
            failure: None,
        }
    }

    #[test]
    fn whoever_comes_back_gets_what_was_missed_or_is_told_that_it_is_too_much() {
        let feed = Feed::new("worker-1");
        (1..=3).for_each(|number| feed.tell(job(number)));
        let numbers = |last: Option<u64>| {
            let missed = feed.watch(last.map(|last| format!("worker-1.{last}")).as_deref()).0;
            missed.map(|missed| missed.iter().map(|update| update.number).collect::<Vec<_>>())
        };
        assert_eq!(numbers(None), Some(vec![]));
        assert_eq!(numbers(Some(1)), Some(vec![2, 3]));
        assert_eq!(numbers(Some(3)), Some(vec![]));
        assert_eq!(numbers(Some(9)), None);
        assert_eq!(numbers(Some(u64::MAX)), None);
        // Of another process, and of a release whose ids had no process.
        for foreign in ["worker-2.1", "worker-1", "worker-1.", "1", ""] {
            assert_eq!(feed.watch(Some(foreign)).0, None, "{foreign}");
        }
        let newest = feed.past.lock().unwrap().back().cloned().unwrap();
        assert_eq!(feed.id(&newest), "worker-1.3");
        (4..=2 * KEPT as u64).for_each(|number| feed.tell(job(number)));
        assert_eq!(numbers(Some(3)), None);
        assert_eq!(numbers(Some(2 * KEPT as u64 - 1)), Some(vec![2 * KEPT as u64]));
    }
}
