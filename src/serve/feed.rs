//! What happens to jobs, as it happens, for everybody who watches: read from the database, so that the jobs of other
//! processes are in it too, and only while somebody watches.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::store::Store;
use super::view::JobView;

/// How often is looked.
const LOOK: Duration = Duration::from_millis(500);

/// How far is looked back each time: a write may become visible after one that was made later.
const OVERLAP: SignedDuration = SignedDuration::from_secs(3);

/// How many changes a watcher may be behind, or away from, without missing any.
const KEPT: usize = 1_000;

/// How many changes are read at once.
const MOST: i64 = 2_000;

/// A change of a job, with its place among all that this process has told.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    number: u64,
    /// The job after it.
    pub job: JobView,
}

/// What happens to jobs. Clones are the same.
#[derive(Debug, Clone)]
pub struct Feed {
    /// The name of this process: another counts otherwise.
    process: Arc<str>,
    sender: broadcast::Sender<Arc<Update>>,
    past: Arc<Mutex<VecDeque<Arc<Update>>>>,
}

impl Feed {
    /// The feed of the process with that name, which nobody watches yet.
    #[must_use]
    pub fn new(process: &str) -> Feed {
        Feed { process: process.into(), sender: broadcast::Sender::new(KEPT), past: Arc::default() }
    }

    /// What a watcher says to go on after an update.
    #[must_use]
    pub fn id(&self, update: &Update) -> String {
        format!("{}.{}", self.process, update.number)
    }

    fn number(&self, id: &str) -> Option<u64> {
        id.strip_prefix(&*self.process)?.strip_prefix('.')?.parse().ok()
    }

    /// Watches from now on. With the [id](Feed::id) of the last change that was seen, those since then come first; they are
    /// `None` if some of them are not known any more, or if it was seen at another process.
    #[must_use]
    pub fn watch(&self, last: Option<&str>) -> (Option<Vec<Arc<Update>>>, broadcast::Receiver<Arc<Update>>) {
        let past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that no change is in both or in neither.
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
        // That nobody watches is no trouble.
        let _ = self.sender.send(update);
    }
}

/// Reads what happens to the jobs in a store, while somebody watches, until `stopping` is cancelled.
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
            // What changed shortly before somebody began to watch is told with the next look.
            Ok(jobs) if from.is_none() => {
                from = Some(jobs.first().map_or(Timestamp::UNIX_EPOCH, |latest| latest.changed));
            }
            Ok(jobs) => {
                // Where there are more than that, looking back would come to the same ones again.
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
            Err(error) => tracing::warn!(chain = ?error.chain(), "changes of jobs cannot be read"),
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
        // Of another process, and of a release that did not tell them apart.
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
