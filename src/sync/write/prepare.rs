//! A step and what it needs: its files on the PDS, its record in hand.

use std::collections::HashSet;

use cid::Cid;

use crate::error::Result;
use crate::record::{Files, Record};
use crate::remote::mongo::Account;
use crate::remote::pds::{Session, Write};

use crate::sync::events::Control;
use crate::sync::make::{Encoded, upload};
use crate::sync::plan::{Action, Step};
use crate::sync::services::Services;
use crate::sync::strategy::Strategy;

use super::batch::Change;

/// The files of an item, all of them on the PDS.
#[derive(Debug, Clone, Default)]
pub struct Ready {
    /// What its record says of them.
    pub files: Files,
    /// How its video was made, if that was done now.
    pub encoded: Option<Encoded>,
}

/// A step that is ready to be carried out.
pub struct Prepared {
    /// What it is for.
    pub step: Step,
    /// The record to be written, if one is.
    pub record: Option<Record>,
    /// How the record's video was made, if that was done now.
    pub encoded: Option<Encoded>,
}

impl Prepared {
    /// A step that needs no record.
    pub fn without_record(step: Step) -> Self {
        Prepared { step, record: None, encoded: None }
    }

    /// A step with its record. One that comes out as it is in the repo is not written again.
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

/// Finds or makes what an item lacks and brings it to the PDS; answers the bytes that were uploaded, too.
pub async fn prepare(
    services: &Services,
    strategy: &impl Strategy,
    (session, listed): (&Session, &HashSet<Cid>),
    account: &Account,
    step: &Step,
    control: &Control,
) -> Result<(Ready, u64)> {
    let nothing = Files::default();
    let before = match &step.action {
        Action::Update { files, .. } => files,
        _ => &nothing,
    };
    control.check()?;
    if !step.missing_files().any() {
        return Ok((Ready { files: before.clone(), encoded: None }, 0));
    }
    services.pds.may_upload(session)?;
    // Held until its files are on the PDS, and gone from this machine.
    let _item = services.encoder.item().await;
    control.check()?;
    let mut made = strategy.make(services, account, step, control).await?;
    let encoded = made.encoded.take();
    let (files, uploaded) = upload(services, session, listed, made, before).await?;
    control.events.uploaded(uploaded);
    Ok((Ready { files, encoded }, uploaded))
}
