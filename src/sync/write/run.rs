//! Carries out plans of one account: makes files ahead, and writes batches when they are due.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use cid::Cid;
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio::time::sleep_until;
use tracing::Instrument;

use crate::error::{Error, RemoteError, Result, VideoError};
use crate::record::{self, Id, Medium};
use crate::remote::pds::{Existing, Session, Snapshot};
use crate::remote::{CurrentWaits, Waits};

use crate::sync::accounts::AccountTask;
use crate::sync::backup::{Saving, folder_of};
use crate::sync::parked::Parked;
use crate::sync::plan::{AccountPlan, Action, Step};
use crate::sync::report::AccountReport;
use crate::sync::strategy::Strategy;

use super::batch::{Batch, LONGEST_WAIT};
use super::delete::delete;
use super::prepare::{Prepared, Preparing, Ready};
use super::retry::Interruption;
use super::write_back::{WrittenBack, write_back};
use super::writer::{Outcome, Writer, lacks_blob};

/// How often a single write may have an uncertain outcome.
const ATTEMPTS: u32 = 3;

/// A long wait for a rate limit: changes that are ready do not wait for it.
const LONG: Duration = Duration::from_secs(3);

/// The progress of one account. Outlives its plans.
pub struct Run<'a> {
    pub task: &'a AccountTask,
    pub strategy: &'a Arc<dyn Strategy>,
    pub session: Arc<Session>,
    /// Blobs that the account's records already refer to, and that need no upload.
    pub listed: Arc<HashSet<Cid>>,
    pub report: AccountReport,
    /// Items that have failed; later plans exclude them.
    pub parked: HashSet<Id>,
    /// Files that are already on the PDS, so that a new plan does not make them again.
    pub ready: HashMap<Id, Ready>,
    /// How often the outcome of an item's writes was uncertain, alone or in a batch.
    pub uncertain: HashMap<Id, u32>,
    /// The same for writes that were sent alone.
    pub singly: HashMap<Id, u32>,
    pub writer: Writer<'a>,
}

impl Run<'_> {
    /// Carries out one plan.
    ///
    /// # Errors
    /// If the account must be planned again, or cannot be processed.
    pub async fn apply(&mut self, plan: AccountPlan) -> Result<(), Interruption> {
        self.writer.start_at(plan.head);
        let mut gone = Vec::new();
        for (medium, plan) in plan.media {
            let steps: Vec<_> = plan.steps.into_iter().filter(Step::has_work).collect();
            if !steps.is_empty() {
                let span = tracing::info_span!("medium", name = medium.plural());
                self.apply_medium(medium, steps).instrument(span).await?;
            }
            if !plan.gone.is_empty() {
                gone.push((medium, plan.gone));
            }
        }
        if gone.is_empty() { Ok(()) } else { self.delete(gone).await }
    }

    /// Deletes records whose item is gone, after a backup of the repo.
    async fn delete(&mut self, gone: Vec<(Medium, Vec<String>)>) -> Result<(), Interruption> {
        let AccountTask { services, scope, control, account } = self.task;
        let repo = services.pds.repo_car(self.session.did()).await?;
        let is_known = |snapshot: &Snapshot| self.writer.head() == Some(&snapshot.head());
        let Some((car, snapshot)) = repo.filter(|(_, snapshot)| is_known(snapshot)) else {
            return Err(Interruption::Disturbed);
        };
        let is_going = |record: &&Existing| {
            gone.iter().any(|(medium, rkeys)| record.medium() == Some(*medium) && rkeys.contains(&record.rkey))
        };
        let going: Vec<_> = snapshot.records.iter().filter(is_going).collect();
        let folder = folder_of(&scope.guards.backup, account);
        let saving = Saving { folder, goes_on: false, allows_missing: false };
        let saved = saving.save(&services.pds, &car, &snapshot, &going, control).await?;
        saved.complete().await?;
        self.report.saved.push(saved);
        for (medium, rkeys) in gone {
            let done = self.report.done.entry(medium.plural()).or_default();
            delete(&mut self.writer, medium, rkeys, control, |count| done.withdraw += count).await?;
        }
        Ok(())
    }

    /// Makes and uploads files a few items ahead, while batches are written. A batch is sent when it is full, when its
    /// first change has waited for long or a long wait begins, and at the end in any case.
    async fn apply_medium(&mut self, medium: Medium, steps: Vec<Step>) -> Result<(), Interruption> {
        let AccountTask { services, control, .. } = self.task;
        let (session, ahead) = (self.session.clone(), services.encoder.items());
        let preparing = Preparing {
            task: self.task.clone(),
            strategy: self.strategy.clone(),
            session: self.session.clone(),
            listed: self.listed.clone(),
            ready: self.ready.clone(),
        };
        let preparing = stream::iter(steps).map(move |step| preparing.step(step));
        let (sender, prepared) = mpsc::channel(1);
        let (written, to_write_back) = mpsc::channel(1);
        let producing = async move {
            let mut preparing = std::pin::pin!(preparing.buffer_unordered(ahead));
            loop {
                // If the consumer has given up, it need not wait for a step that may take a day.
                let next = tokio::select! {
                    next = preparing.next() => next,
                    () = sender.closed() => None,
                };
                let Some(next) = next else { break };
                if sender.send(next).await.is_err() {
                    break;
                }
            }
        };
        let consuming = async {
            let mut batch = Batch::default();
            // Moved here, so that they are closed when this ends.
            let (mut prepared, written) = (prepared, written);
            loop {
                let next = tokio::select! {
                    biased;
                    next = prepared.recv() => next,
                    () = until_pressed(&services.waits, &batch) => {
                        self.commit(batch.take(), &written).await?;
                        continue;
                    }
                };
                let Some((step, ready)) = next else { break };
                let ready = ready.map(|(ready, uploaded)| {
                    self.report.uploaded += uploaded;
                    ready
                });
                let Some(change) = self.change(step, ready) else { continue };
                if let Some(full) = batch.push(change, self.writer.size) {
                    self.commit(full, &written).await?;
                }
            }
            self.commit(batch.take(), &written).await?;
            Ok(control.check()?)
        };
        let writing_back = write_back(services, session.did(), medium, to_write_back, control);
        let ((), consumed, (WrittenBack { done, replaced, warned }, written_back)) =
            tokio::join!(producing, consuming, writing_back);
        *self.report.done.entry(medium.plural()).or_default() += done;
        self.report.replaced.extend(replaced);
        self.report.warned.extend(warned);
        written_back?;
        consumed
    }

    /// A step with its record; `None` if it has failed.
    fn change(&mut self, step: Step, ready: Result<Ready>) -> Option<Prepared> {
        match &ready {
            // A step that was not started is not a failure of the item.
            Err(Error::Interrupted) => return None,
            Err(error @ Error::Remote(RemoteError::Postponed { .. })) => {
                self.report.end(error);
                return None;
            }
            Err(error @ Error::Video(VideoError::Posted { .. })) => {
                self.block(&step, error);
                return None;
            }
            _ => {}
        }
        let needs_record = matches!(step.action, Action::Create { .. } | Action::Update { .. });
        if !needs_record {
            return Some(Prepared::without_record(step));
        }
        let parked = match ready {
            Ok(ready) => match record::build(&step.item, &ready.files) {
                Ok(record) => {
                    if step.missing_files().any() {
                        self.ready.insert(step.item.id, ready.clone());
                    }
                    return Some(Prepared::with_record(step, record, ready.encoded));
                }
                Err(violations) => Parked::new(&step.item, violations.to_string()),
            },
            Err(error) => Parked::after(&step.item, &error),
        };
        self.park(&step, parked);
        None
    }

    fn park(&mut self, step: &Step, parked: Parked) {
        self.parked.insert(step.item.id);
        self.report.parked.push(parked);
        self.task.control.events.done(1);
    }

    /// Blocks a step that only now turns out to be impossible, in this run and others.
    fn block(&mut self, step: &Step, error: &Error) {
        self.parked.insert(step.item.id);
        self.report.blocked_items.push(Parked::after(&step.item, error));
        self.report.done.entry(step.item.medium().plural()).or_default().blocked += 1;
        self.task.control.events.done(1);
    }

    /// Writes changes to the PDS, in smaller batches if necessary, and passes them on for MongoDB.
    async fn commit(
        &mut self,
        mut changes: Vec<Prepared>,
        written: &mpsc::Sender<Vec<Prepared>>,
    ) -> Result<(), Interruption> {
        while !changes.is_empty() {
            match self.writer.write(&mut changes).await {
                Outcome::Written { as_sent, otherwise } => {
                    for (change, error) in otherwise {
                        self.ready.remove(&change.step.item.id);
                        self.park(&change.step, Parked::after(&change.step.item, &error));
                    }
                    // The receiver is gone if MongoDB has failed, which is reported then.
                    written.send(as_sent).await.map_err(|_| Error::Interrupted)?;
                }
                Outcome::Refused(change, error) => {
                    self.ready.remove(&change.step.item.id);
                    self.park(&change.step, Parked::after(&change.step.item, &error));
                }
                Outcome::Stopped(changes, error) => return Err(self.stopped(&changes, error)),
            }
        }
        Ok(())
    }

    /// Handles changes that were not carried out, or whose outcome is uncertain.
    fn stopped(&mut self, changes: &[Prepared], error: Error) -> Interruption {
        let is_lost = lacks_blob(&error);
        if !is_lost && !matches!(error, Error::Remote(RemoteError::Uncertain { .. })) {
            return error.into();
        }
        for Prepared { step, .. } in changes {
            let attempts = self.uncertain.entry(step.item.id).or_default();
            *attempts += 1;
            // The server drops unreferenced blobs after about an hour, or loses them.
            if is_lost || *attempts > 1 {
                self.ready.remove(&step.item.id);
                self.listed = Arc::default();
            }
        }
        if let [change] = changes {
            let attempts = self.singly.entry(change.step.item.id).or_default();
            *attempts += 1;
            if *attempts >= ATTEMPTS {
                self.park(&change.step, Parked::after(&change.step.item, &error));
            }
        }
        Interruption::Disturbed
    }
}

/// Waits until the collected changes must be sent: they have waited for long, or a long wait begins.
async fn until_pressed(waits: &Waits, batch: &Batch<Prepared>) {
    let Some(since) = batch.since() else { return std::future::pending().await };
    let is_long = |current: &CurrentWaits| current.longest().is_some_and(|longest| longest > LONG);
    let mut current = waits.watch();
    let somebody_waits = async {
        sleep_until(since + LONG).await;
        // Never closed: `waits` is alive.
        let _ = current.wait_for(is_long).await;
    };
    tokio::select! {
        () = sleep_until(since + LONGEST_WAIT) => {}
        () = somebody_waits => {}
    }
}
