//! Carries out the plan of one account, and plans again where the repo turned out to be otherwise.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cid::Cid;
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;

use crate::error::{Error, Result};
use crate::record::{self, Id, Medium};
use crate::remote::mongo::Account;
use crate::remote::pds::Session;

use super::account::AccountPlan;
use super::batch::{Batch, Outcome, Writer};
use super::delete::delete;
use super::plan::{Action, Step};
use super::prepare::{Prepared, Ready, prepare};
use super::purpose::{Purpose, plan};
use super::remember::{Remembered, remember};
use super::report::{AccountReport, Parked};
use super::settle::{Interruption, settle};
use super::{Scope, Services, Watch, log_in, unless_stopped};

/// How often a single write may end with nobody knowing what became of it.
const ATTEMPTS: u32 = 3;

/// What one account has come to so far. Outlives its plans.
struct Run<'a, P> {
    services: &'a Services,
    scope: &'a Scope,
    purpose: &'a P,
    watch: &'a Arc<dyn Watch>,
    session: Arc<Session>,
    /// Blobs that the account's records refer to already; uploading them again would change nothing.
    listed: Arc<HashSet<Cid>>,
    account: &'a Account,
    report: AccountReport,
    /// Items that are given up; no plan holds them again.
    parked: HashSet<Id>,
    /// Files that are on the PDS already, so that planning again does not make them again.
    ready: HashMap<Id, Ready>,
    /// Single writes of which nobody knows what became, counted.
    uncertain: HashMap<Id, u32>,
    writer: Writer<'a>,
}

/// Does with one account what the purpose is.
pub async fn apply(
    services: &Services,
    scope: &Scope,
    purpose: &impl Purpose,
    account: &Account,
    watch: &Arc<dyn Watch>,
) -> AccountReport {
    let planning = plan(services, scope, account, |_| true, |plan| purpose.adjust(plan));
    let first = match unless_stopped(services, watch, planning).await {
        Ok(plan) => plan,
        Err(error) => return AccountReport::failed(account, &error),
    };
    watch.planned(&first);
    let report = AccountReport::planned(&first);
    // An account with nothing to do is not even logged in to.
    if !report.has_work() {
        return report;
    }
    let (session, listed) = match unless_stopped(services, watch, begin(services, account, &first)).await {
        Ok(ready) => ready,
        Err(error) => return AccountReport { failed: Some(error.chain().join(": ")), ..report },
    };
    let session = Arc::new(session);
    let mut run = Run {
        services,
        scope,
        purpose,
        watch,
        writer: Writer::new(&services.pds, session.clone()),
        session,
        listed: listed.into(),
        account,
        report,
        parked: HashSet::new(),
        ready: HashMap::new(),
        uncertain: HashMap::new(),
    };
    if let Err(error) = unless_stopped(services, watch, Box::pin(run.settle(first))).await {
        run.report.failed = Some(error.chain().join(": "));
    }
    // In the order in which they were made, not in which they were done.
    run.report.replaced.sort_by(|one, other| one.rkey.cmp(&other.rkey));
    run.report
}

/// Logs in, and asks which blobs are there if any are going to be needed.
async fn begin(services: &Services, account: &Account, plan: &AccountPlan) -> Result<(Session, HashSet<Cid>)> {
    let session = log_in(services, account).await?;
    let needs_blobs = plan.media.iter().flat_map(|(_, plan)| &plan.steps).any(|step| step.missing_files().any());
    let listed = if needs_blobs { services.pds.list_blobs(session.did()).await? } else { HashSet::new() };
    Ok((session, listed))
}

impl<P: Purpose> Run<'_, P> {
    /// Carries plans out until nothing is left to do.
    async fn settle(&mut self, first: AccountPlan) -> Result<()> {
        let mut first = Some(first);
        let account = self.report.account.clone();
        settle(&account, async || {
            let plan = if let Some(plan) = first.take() {
                plan
            } else {
                let (wanted, adjust) = (|id| !self.parked.contains(&id), |plan: &mut _| self.purpose.adjust(plan));
                plan(self.services, self.scope, self.account, wanted, adjust).await?
            };
            self.apply(plan).await
        })
        .await
    }

    async fn apply(&mut self, plan: AccountPlan) -> Result<(), Interruption> {
        self.writer.commit = plan.commit;
        for (medium, plan) in plan.media {
            let steps: Vec<_> = plan.steps.into_iter().filter(Step::has_work).collect();
            if !steps.is_empty() {
                self.apply_medium(medium, steps).await?;
            }
            if !plan.gone.is_empty() {
                let done = self.report.done.entry(medium.plural()).or_default();
                delete(&mut self.writer, medium, plan.gone, self.watch, |count| done.withdraw += count).await?;
            }
        }
        Ok(())
    }

    /// Files are made and uploaded a few items ahead, while batches are being written.
    async fn apply_medium(&mut self, medium: Medium, steps: Vec<Step>) -> Result<(), Interruption> {
        let (services, purpose, watch) = (self.services, self.purpose, self.watch);
        let (session, listed, account) = (self.session.clone(), self.listed.clone(), self.account);
        // Enough to keep the encoders busy while others download and upload.
        let ahead = 2 * services.pool.current_num_threads() + 2;
        let ready = self.ready.clone();
        let preparing = stream::iter(steps).map(|step| {
            let (session, listed, ready) = (&session, &listed, &ready);
            async move {
                let ready = match ready.get(&step.item.id) {
                    Some(ready) => Ok((ready.clone(), 0)),
                    None => prepare(services, purpose, (session, listed), account, &step, watch).await,
                };
                (step, ready)
            }
        });
        let (sender, prepared) = mpsc::channel(1);
        let (written, to_remember) = mpsc::channel(1);
        let producing = async move {
            let mut preparing = std::pin::pin!(preparing.buffer_unordered(ahead));
            while let Some(prepared) = preparing.next().await {
                // Nobody takes it when the consumer has given up.
                if sender.send(prepared).await.is_err() {
                    break;
                }
            }
        };
        let consuming = async {
            let mut batch = Batch::default();
            // Moved in here, so that they are closed when this ends.
            let (mut prepared, written) = (prepared, written);
            while let Some((step, ready)) = prepared.recv().await {
                if self.watch.is_cancelled() {
                    return Err(Interruption::Failed(Error::Interrupted));
                }
                let ready = ready.map(|(ready, uploaded)| {
                    self.report.uploaded += uploaded;
                    ready
                });
                let Some(change) = self.change(step, ready) else { continue };
                if let Some(full) = batch.push(change, self.writer.size) {
                    self.commit(full, &written).await?;
                }
            }
            self.commit(batch.take(), &written).await
        };
        let remembering = remember(services, session.did(), medium, to_remember, watch);
        let ((), consumed, (Remembered { done, replaced }, remembered)) =
            tokio::join!(producing, consuming, remembering);
        *self.report.done.entry(medium.plural()).or_default() += done;
        self.report.replaced.extend(replaced);
        remembered?;
        consumed
    }

    /// A step with its record; or it is given up.
    fn change(&mut self, step: Step, ready: Result<Ready>) -> Option<Prepared> {
        let needs_record = matches!(step.action, Action::Create { .. } | Action::Update { .. });
        if !needs_record {
            return Some(Prepared::without_record(step));
        }
        let built = ready.map_err(|error| Parked::after(&step.item, &error)).and_then(|ready| {
            let wrong = |violations: record::Violations| Parked::new(&step.item, violations.to_string());
            let record = record::build(&step.item, &ready.files).map_err(wrong)?;
            if step.missing_files().any() {
                self.ready.insert(step.item.id, ready.clone());
            }
            Ok((record, ready.encoded))
        });
        match built {
            Ok((record, encoded)) => Some(Prepared::with_record(step, record, encoded)),
            Err(parked) => {
                self.park(&step, parked);
                None
            }
        }
    }

    fn park(&mut self, step: &Step, parked: Parked) {
        self.parked.insert(step.item.id);
        self.report.parked.push(parked);
        self.watch.items(1);
    }

    /// Writes changes to the PDS, in pieces where it does not take them together, and hands them on to be remembered.
    async fn commit(
        &mut self,
        mut changes: Vec<Prepared>,
        written: &mpsc::Sender<Vec<Prepared>>,
    ) -> Result<(), Interruption> {
        while !changes.is_empty() {
            match self.writer.write(&mut changes).await {
                // Nobody takes them when MongoDB has failed, which is what is reported then.
                Outcome::Written(changes) => written.send(changes).await.map_err(|_| Error::Interrupted)?,
                Outcome::Refused(change, error) => {
                    self.ready.remove(&change.step.item.id);
                    self.park(&change.step, Parked::after(&change.step.item, &error));
                }
                Outcome::Stopped(changes, error) => {
                    if let ([change], Error::Uncertain { .. }) = (&changes[..], &error) {
                        let attempts = self.uncertain.entry(change.step.item.id).or_default();
                        *attempts += 1;
                        if *attempts >= ATTEMPTS {
                            self.park(&change.step, Parked::after(&change.step.item, &error));
                        }
                    }
                    return Err(error.into());
                }
            }
        }
        Ok(())
    }
}
