//! Prepares steps: uploads their files, and makes their records.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cid::Cid;
use futures_util::future::BoxFuture;
use tracing::Instrument;

use crate::error::Result;
use crate::record::{Files, Id, Record};
use crate::remote::mongo::Account;
use crate::remote::pds::{Session, Write};

use crate::sync::accounts::AccountTask;
use crate::sync::events::Control;
use crate::sync::make::{Encoded, upload};
use crate::sync::plan::{Action, Step};
use crate::sync::services::Services;
use crate::sync::strategy::Strategy;
use crate::sync::tasks::in_task;

use super::batch::Change;

/// The files of an item, all on the PDS.
#[derive(Debug, Clone, Default)]
pub struct Ready {
    /// The references for its record.
    pub files: Files,
    /// How its video was made, if it was just made.
    pub encoded: Option<Encoded>,
}

impl Ready {
    /// The files of a step that lacks none.
    pub fn at_once(step: &Step) -> Option<Self> {
        let files = files_before(step).cloned().unwrap_or_default();
        (!step.missing_files().any()).then_some(Ready { files, encoded: None })
    }
}

/// The files that an item's record keeps.
fn files_before(step: &Step) -> Option<&Files> {
    match &step.action {
        Action::Update { files, .. } => Some(files),
        _ => None,
    }
}

/// A step that is ready to be carried out.
pub struct Prepared {
    /// The step.
    pub step: Step,
    /// The record to write, if any.
    pub record: Option<Record>,
    /// How the record's video was made, if it was just made.
    pub encoded: Option<Encoded>,
}

impl Prepared {
    /// A step that needs no record.
    pub fn without_record(step: Step) -> Self {
        Prepared { step, record: None, encoded: None }
    }

    /// A step with its record. A record that is identical to the one in the repo is not written again.
    pub fn with_record(mut step: Step, record: Record, encoded: Option<Encoded>) -> Self {
        step.action = match step.action {
            Action::Update { rkey, cid, files, .. } if cid == record.cid() => Action::Adopt { rkey, cid, files },
            action => action,
        };
        Prepared { step, record: Some(record), encoded }
    }
}

impl Change for Prepared {
    fn writes(&self) -> Vec<Write> {
        self.step.writes(self.record.as_ref())
    }

    fn count_writes(&self) -> usize {
        self.step.count_writes()
    }

    fn record(&self) -> Option<&Record> {
        self.record.as_ref()
    }
}

/// Finds or makes the files that an item lacks and uploads them; also returns the number of uploaded bytes.
pub async fn prepare(
    services: &Services,
    strategy: &dyn Strategy,
    (session, listed): (&Session, &HashSet<Cid>),
    account: &Account,
    step: &Step,
    control: &Control,
) -> Result<(Ready, u64)> {
    control.check()?;
    if let Some(ready) = Ready::at_once(step) {
        return Ok((ready, 0));
    }
    let nothing = Files::default();
    let before = files_before(step).unwrap_or(&nothing);
    services.pds.may_publish(session)?;
    // Held until its files are uploaded and removed from this machine.
    let _item = services.encoder.item().await;
    control.check()?;
    let mut made = strategy.make(services, account, step, control).await?;
    let encoded = made.encoded.take();
    let (files, uploaded) = upload(services, session, listed, made, before).await?;
    control.events.uploaded(uploaded);
    Ok((Ready { files, encoded }, uploaded))
}

/// The context for preparing the steps of an account.
pub struct Preparing {
    pub task: AccountTask,
    pub strategy: Arc<dyn Strategy>,
    pub session: Arc<Session>,
    /// Blobs that are on the PDS.
    pub listed: Arc<HashSet<Cid>>,
    /// Items whose files are on the PDS.
    pub ready: HashMap<Id, Ready>,
}

impl Preparing {
    /// Prepares a step with [`prepare`], in its own task if it needs files. Starts when it is polled.
    pub fn step(&self, step: Step) -> BoxFuture<'static, (Step, Result<(Ready, u64)>)> {
        if let Some(ready) = self.ready.get(&step.item.id).cloned() {
            return Box::pin(async { (step, Ok((ready, 0))) });
        }
        let (task, strategy) = (self.task.clone(), self.strategy.clone());
        if let Some(ready) = Ready::at_once(&step) {
            return Box::pin(async move { (step, task.control.check().map(|()| (ready, 0))) });
        }
        let (session, listed) = (self.session.clone(), self.listed.clone());
        let span = tracing::info_span!("item", label = step.item.label());
        Box::pin(async move {
            let step = Arc::new(step);
            let of_task = step.clone();
            let preparing = async move {
                let AccountTask { services, control, account, .. } = &task;
                prepare(services, &*strategy, (&session, &listed), account, &of_task, control).await
            };
            let ready = in_task(Box::pin(preparing.instrument(span))).await;
            (Arc::unwrap_or_clone(step), ready)
        })
    }
}
