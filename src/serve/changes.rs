//! Turns the site's changes into jobs as they happen. The next plan finds missed changes.
//!
//! One process reads; the others stand by. A position is stored after the jobs of all changes before it, and also while
//! nothing happens, so that it never gets too old to resume from.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::config::Publisher;
use crate::error::Result;
use crate::record::{Id, Medium};
use crate::remote::mongo::{Change, Changes, Next, ResumeToken, What};

use super::jobs::{Subject, Work};
use super::service::Service;

/// How long a standby process waits before it tries to take over, and a reader before it retries after an error.
const STAND_BY: Duration = Duration::from_secs(5);

/// How often the position is stored and the lead renewed.
const STORE: Duration = Duration::from_secs(2);

/// The number of changes per batch. Several changes of an item in a batch make one job.
const BATCH: usize = 512;

/// The number of jobs submitted in parallel.
const SUBMITS: usize = 16;

/// Reads changes until `service.stopping` is cancelled.
pub async fn read(service: &Service) {
    while !service.stopping.is_cancelled() {
        if let Err(error) = lead(service).await {
            tracing::warn!(chain = ?error.chain(), "cannot read changes");
        }
        service.pause(STAND_BY).await;
    }
}

/// Reads changes for as long as this process leads.
async fn lead(service: &Service) -> Result<()> {
    let Some(position) = service.store.lead(&service.worker).await? else { return Ok(()) };
    let is_new = position.token.is_none();
    let Some(mut changes) = service.services.mongo.changes(position.token).await? else {
        return start_over(service).await;
    };
    tracing::info!(from_now = is_new, "reading changes");
    if is_new {
        // A plan finds earlier changes.
        service.submit(&Work::Plan, Duration::ZERO, true).await?;
    }
    follow(service, &mut changes).await
}

/// Reads and submits concurrently, so that neither waits for each response of the other's server.
async fn follow(service: &Service, changes: &mut Changes) -> Result<()> {
    let (sender, receiver) = mpsc::channel(BATCH);
    let (end, submitted) = tokio::join!(pass_on(service, changes, sender), submit_all(service, receiver));
    submitted?;
    match end? {
        End::Lost => start_over(service).await,
        End::Stopped => Ok(()),
    }
}

/// A change, if any, and the position after it.
type Read = (Option<Change>, ResumeToken);

/// Why reading ended.
enum End {
    /// The service stops, or the receiver is gone.
    Stopped,
    /// The server has lost the position.
    Lost,
}

/// Passes on changes until the receiver is gone.
async fn pass_on(service: &Service, changes: &mut Changes, sender: mpsc::Sender<Read>) -> Result<End> {
    // Never dropped halfway: the driver could not continue.
    while !service.stopping.is_cancelled() {
        let read = match changes.next().await? {
            Next::Change(change, token) => {
                service.metrics.mirror.change(&change);
                (Some(change), token)
            }
            Next::Nothing(Some(token)) => (None, token),
            Next::Nothing(None) => continue,
            Next::Lost => return Ok(End::Lost),
        };
        if sender.send(read).await.is_err() {
            break;
        }
    }
    Ok(End::Stopped)
}

/// Submits jobs for changes, and stores the position after them, until no more come or another process leads.
async fn submit_all(service: &Service, mut receiver: mpsc::Receiver<Read>) -> Result<()> {
    let mut batch = Vec::with_capacity(BATCH);
    let mut noted = Instant::now();
    let mut position = None;
    while receiver.recv_many(&mut batch, BATCH).await > 0 {
        position = batch.last().map(|(_, token)| token.clone());
        let changes = batch.drain(..).filter_map(|(change, _)| change);
        let delay = |change: &Change| delay(&change.what, service.config.publisher, service.config.settle);
        let submit =
            |(subject, delay)| async move { service.submit(&Work::Mirror(subject), delay, true).await.map(|_| ()) };
        stream::iter(wishes(changes, delay)).map(Ok).try_for_each_concurrent(SUBMITS, submit).await?;
        if noted.elapsed() >= STORE
            && let Some(token) = position.take()
        {
            if !service.store.note_position(&service.worker, &token).await? {
                return Ok(());
            }
            noted = Instant::now();
        }
    }
    if let Some(token) = position {
        service.store.note_position(&service.worker, &token).await?;
    }
    Ok(())
}

/// The items that changed, each once, with the delay of its most urgent change.
fn wishes(
    changes: impl Iterator<Item = Change>,
    delay: impl Fn(&Change) -> Duration,
) -> impl Iterator<Item = (Subject, Duration)> {
    let mut wishes: HashMap<(Medium, Id), Duration> = HashMap::new();
    for change in changes {
        let delay = delay(&change);
        let wish = wishes.entry((change.medium, change.id)).or_insert(delay);
        *wish = delay.min(*wish);
    }
    wishes.into_iter().map(|((medium, id), delay)| (Subject::new(medium, id), delay))
}

/// Handles a lost position: reading restarts from now, and a plan finds missed changes.
async fn start_over(service: &Service) -> Result<()> {
    tracing::warn!("mongodb has lost the position in the change stream; a full plan replaces it");
    service.submit(&Work::Plan, Duration::ZERO, true).await?;
    service.store.forget_position(&service.worker).await
}

/// The delay after a change of an item. The site writes the records of new items itself, seconds later, and then stores
/// the key.
fn delay(what: &What, publisher: Publisher, settle: Duration) -> Duration {
    match (what, publisher) {
        (What::Inserted | What::Updated { has_key: false }, Publisher::Site) => settle,
        _ => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_that_changes_often_is_looked_at_once_and_as_early_as_any_change_wants() {
        let change = |id: u8, what| Change { medium: Medium::Mood, id: Id([id; 12]), what };
        let changes =
            [change(1, What::Inserted), change(2, What::Inserted), change(1, What::Deleted), change(1, What::Inserted)];
        let delay = |change: &Change| Duration::from_secs(if change.what == What::Deleted { 0 } else { 30 });
        let wished: HashMap<_, _> =
            wishes(changes.into_iter(), delay).map(|(subject, delay)| (subject.id, delay.as_secs())).collect();
        let expected = [(Id([1; 12]).to_string(), 0), (Id([2; 12]).to_string(), 30)];
        assert_eq!(wished, expected.into());
    }

    #[test]
    fn what_the_site_may_still_be_working_on_is_left_alone_for_a_while() {
        let settle = Duration::from_secs(30);
        let updated = |has_key| What::Updated { has_key };
        for (what, site, telecine) in [
            (What::Inserted, settle, Duration::ZERO),
            (updated(false), settle, Duration::ZERO),
            (updated(true), Duration::ZERO, Duration::ZERO),
            (What::Deleted, Duration::ZERO, Duration::ZERO),
        ] {
            assert_eq!(delay(&what, Publisher::Site, settle), site, "{what:?}");
            assert_eq!(delay(&what, Publisher::Telecine, settle), telecine, "{what:?}");
        }
    }
}
