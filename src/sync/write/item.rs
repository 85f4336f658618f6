//! Publishes one item without the rest of the repo: its record replaces the one that was read.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tracing::Instrument;

use crate::error::{Error, RemoteError, Result, VideoError};
use crate::record;
use crate::remote::mongo::{Account, Found};
use crate::remote::pds::{Session, Swap};
use crate::video::Preset;

use crate::sync::events::Control;
use crate::sync::make::LocalFiles;
use crate::sync::parked::Parked;
use crate::sync::plan::{AccountPlan, Action, Step};
use crate::sync::policy::Policy;
use crate::sync::read::read_item;
use crate::sync::report::AccountReport;
use crate::sync::services::{self, Services};
use crate::sync::strategy::{Mirroring, Strategy};
use crate::sync::tasks::in_task;

use super::prepare::{Prepared, Ready, prepare};
use super::retry::{Interruption, Rounds};
use super::write_back::write_back;
use super::writer::{altered, lacks_blob};

/// Publishes one item, or withdraws its record: `getRecord`, the missing files, and at most one write. A tape is
/// encoded with the preset. Failures are in the report.
pub async fn publish(
    services: &Services,
    account: &Account,
    found: &Found,
    policy: Policy,
    preset: &Preset,
    control: &Control,
) -> AccountReport {
    publish_as(services, account, found, policy, Arc::new(Mirroring(preset.clone())), control).await
}

/// The same for a tape whose video and thumbnail are already on this machine.
pub async fn publish_made(
    services: &Services,
    account: &Account,
    found: &Found,
    policy: Policy,
    (preset, made): (&Preset, LocalFiles),
    control: &Control,
) -> AccountReport {
    let strategy = Made { otherwise: Mirroring(preset.clone()), made: Mutex::new(Some(made)) };
    publish_as(services, account, found, policy, Arc::new(strategy), control).await
}

/// The same, with files made by the strategy.
async fn publish_as(
    services: &Services,
    account: &Account,
    found: &Found,
    policy: Policy,
    strategy: Arc<dyn Strategy>,
    control: &Control,
) -> AccountReport {
    let services = services.stopped_by(&control.stop);
    let span = tracing::info_span!("item", medium = found.item.medium().name(), label = found.item.label());
    let (account, control, report) = (account.clone(), control.clone(), AccountReport::of(account));
    let (found, mut failed) = (found.clone(), report.clone());
    let mut one = One { services, account, strategy, control, report, ready: None };
    let publishing = async move {
        one.services.server.refresh().await;
        if let Err(error) = one.publish(&found, policy).await {
            one.report.end(&error);
        }
        Ok(one.report)
    };
    // Work before a panic is on the PDS, but not in the report.
    in_task(Box::pin(publishing.instrument(span))).await.unwrap_or_else(|error| {
        failed.end(&error);
        failed
    })
}

/// Uses files that were made already; makes them again if the PDS has lost them.
struct Made {
    otherwise: Mirroring,
    made: Mutex<Option<LocalFiles>>,
}

impl Strategy for Made {
    fn adjust<'a>(&'a self, plan: &'a mut AccountPlan) -> BoxFuture<'a, Result<()>> {
        self.otherwise.adjust(plan)
    }

    fn make<'a>(
        &'a self,
        services: &'a Services,
        account: &'a Account,
        step: &'a Step,
        control: &'a Control,
    ) -> BoxFuture<'a, Result<LocalFiles>> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner).take();
        match made {
            Some(made) => Box::pin(std::future::ready(Ok(made.only(step.missing_files())))),
            None => self.otherwise.make(services, account, step, control),
        }
    }
}

/// The progress of one item.
struct One {
    services: Services,
    account: Account,
    strategy: Arc<dyn Strategy>,
    control: Control,
    report: AccountReport,
    /// Its files, once uploaded.
    ready: Option<Ready>,
}

impl One {
    async fn publish(&mut self, found: &Found, policy: Policy) -> Result<()> {
        let mut rounds = Rounds::new(self.account.name());
        loop {
            let outcome = match read_item(&self.services, &self.account, found, policy).await {
                Ok(plan) => self.apply(plan).await,
                Err(error) => Err(error.into()),
            };
            if let Some(ended) = rounds.end(0, outcome).await {
                return ended;
            }
        }
    }

    async fn apply(&mut self, plan: AccountPlan) -> Result<(), Interruption> {
        let (done, uploaded) = (std::mem::take(&mut self.report.done), self.report.uploaded);
        self.report = AccountReport { done, uploaded, ..AccountReport::planned(&plan) };
        if !self.report.has_work() {
            return Ok(());
        }
        let session = services::session(&self.services.sessions, &self.account).await?;
        for step in plan.media.into_iter().flat_map(|(_, plan)| plan.steps).filter(Step::has_work) {
            self.carry_out(&session, step).await?;
        }
        Ok(())
    }

    async fn carry_out(&mut self, session: &Session, step: Step) -> Result<(), Interruption> {
        let item = step.item.clone();
        let change = match step.action {
            Action::Create { .. } | Action::Update { .. } => match self.with_record(session, step).await {
                Ok(Some(change)) => change,
                Ok(None) => return Ok(()),
                Err(error @ (Error::Interrupted | Error::Remote(RemoteError::Postponed { .. }))) => {
                    return Err(error.into());
                }
                Err(error) => {
                    self.give_up(Parked::after(&item, &error));
                    return Ok(());
                }
            },
            _ => Prepared::without_record(step),
        };
        let written = {
            let _turn = self.services.turn(&self.account).await;
            self.write(session, &change).await
        };
        match written {
            Ok(()) => {}
            Err(error) if lacks_blob(&error) => {
                // The server drops unreferenced blobs after about an hour.
                self.ready = None;
                return Err(Interruption::Disturbed);
            }
            Err(
                error @ Error::Remote(
                    RemoteError::Altered { .. }
                    | RemoteError::TooLarge { .. }
                    | RemoteError::Refused { status: 400, .. },
                ),
            ) => {
                self.give_up(Parked::after(&item, &error));
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        let (sender, receiver) = mpsc::channel(1);
        sender.send(vec![change]).await.map_err(|_| Error::Interrupted)?;
        drop(sender);
        let (back, outcome) = write_back(&self.services, session.did(), item.medium(), receiver, &self.control).await;
        *self.report.done.entry(item.medium().plural()).or_default() += back.done;
        self.report.warned.extend(back.warned);
        outcome.map_err(Into::into)
    }

    /// Uploads the files and makes the record; `None` if the item turns out to be blocked.
    async fn with_record(&mut self, session: &Session, step: Step) -> Result<Option<Prepared>> {
        if self.ready.is_none() {
            let with = (session, &HashSet::new());
            match prepare(&self.services, &*self.strategy, with, &self.account, &step, &self.control).await {
                Ok((ready, uploaded)) => {
                    self.report.uploaded += uploaded;
                    self.ready = Some(ready);
                }
                Err(error @ Error::Video(VideoError::Posted { .. })) => {
                    self.report.blocked_items.push(Parked::after(&step.item, &error));
                    self.report.done.entry(step.item.medium().plural()).or_default().blocked += 1;
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
        let Ready { files, encoded } = self.ready.clone().unwrap_or_default();
        let record = match record::build(&step.item, &files) {
            Ok(record) => record,
            Err(violations) => {
                self.give_up(Parked::new(&step.item, violations.to_string()));
                return Ok(None);
            }
        };
        Ok(Some(Prepared::with_record(step, record, encoded)))
    }

    /// Writes the record, replacing the one that was read, if any.
    async fn write(&self, session: &Session, change: &Prepared) -> Result<()> {
        let pds = &self.services.pds;
        match (&change.step.action, &change.record) {
            (Action::Create { rkey }, Some(record)) => {
                let written = pds.put_record(session, rkey, record, Swap::Missing).await?;
                altered(record, Some(&written)).map_or(Ok(()), Err)
            }
            (Action::Update { rkey, cid, .. }, Some(record)) => {
                let written = pds.put_record(session, rkey, record, Swap::Is(*cid)).await?;
                altered(record, Some(&written)).map_or(Ok(()), Err)
            }
            (Action::Withdraw { rkey, cid }, _) => {
                pds.delete_record(session, change.step.item.medium(), rkey, *cid).await
            }
            _ => Ok(()),
        }
    }

    fn give_up(&mut self, parked: Parked) {
        self.report.parked.push(parked);
        self.control.events.done(1);
    }
}
