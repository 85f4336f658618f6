//! Wipes an account: backs up and deletes its records, and clears their keys in MongoDB.
//!
//! Only backed-up records are deleted: each batch requires that the repo is still at the commit in the backup. MongoDB
//! comes last, so that the next run can complete an interrupted one.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::Serialize;
use tracing::Instrument;

use crate::error::Result;
use crate::record::{Id, Medium, Record};
use crate::remote::mongo::Account;
use crate::remote::pds::{Existing, Snapshot};

use super::backup::{Saved, Saving, blobs_of};
use super::events::Control;
use super::services::{self, Services};
use super::write::{Rounds, Writer, delete};

/// The data of one medium that is to be wiped, or was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Extent {
    /// Records on the PDS.
    pub records: usize,
    /// Items in MongoDB that have the key of a record.
    pub keys: usize,
}

/// The plan of a wipe.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct WipePlan {
    /// The extent by medium.
    pub media: BTreeMap<&'static str, Extent>,
    /// Blobs that only these records refer to, among aesthetic.computer's records.
    pub blobs: usize,
    /// Their size in bytes, according to their records.
    pub blob_bytes: u64,
    /// Records that no restore brings back, because their lexicon rejects them: `mood 3k…`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<String>,
}

impl WipePlan {
    /// Whether there is nothing to wipe.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.media.values().all(|extent| *extent == Extent::default())
    }
}

/// The result of a wipe.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Wiped {
    /// How much of each medium.
    pub media: BTreeMap<&'static str, Extent>,
    /// The backup, if there was anything to save.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saved: Option<Saved>,
}

/// The records and keys to wipe.
struct Targets {
    car: Bytes,
    snapshot: Option<Snapshot>,
    media: Vec<(Medium, Vec<String>, Vec<Id>)>,
}

/// Plans a wipe. Changes nothing.
///
/// # Errors
/// Errors of the servers.
pub async fn plan_wipe(services: &Services, account: &Account, media: &[Medium]) -> Result<WipePlan> {
    let targets = look(services, account, media).await?;
    let mut plan = WipePlan::default();
    for (medium, rkeys, ids) in &targets.media {
        plan.media.insert(medium.plural(), Extent { records: rkeys.len(), keys: ids.len() });
    }
    let records = targets.snapshot.iter().flat_map(|snapshot| &snapshot.records);
    let (going, staying): (Vec<_>, Vec<_>) = records.partition(|record| is_of(record, media));
    let kept: BTreeSet<_> = staying.iter().flat_map(|record| blobs_of(&record.value)).map(|blob| blob.cid).collect();
    let blobs = going.iter().flat_map(|record| blobs_of(&record.value)).filter(|blob| !kept.contains(&blob.cid));
    let blobs: BTreeMap<_, _> = blobs.map(|blob| (blob.cid, blob.size)).collect();
    (plan.blobs, plan.blob_bytes) = (blobs.len(), blobs.values().sum());
    plan.lost = going.iter().filter_map(|record| lost(record)).collect();
    Ok(plan)
}

fn is_of(record: &Existing, media: &[Medium]) -> bool {
    record.medium().is_some_and(|medium| media.contains(&medium))
}

/// The name of a record that could not be restored, if it could not.
fn lost(record: &Existing) -> Option<String> {
    let medium = record.medium()?;
    Record::of_value(medium, record.value.clone()).is_err().then(|| format!("{medium} {}", record.rkey))
}

/// Backs up an account's records of some media and their blobs, if requested, deletes the records, and clears their
/// keys in MongoDB. `wiped` holds the progress even after an error.
///
/// # Errors
/// Errors of the servers or the disk. Part of the work may be done then; another run completes it.
pub async fn wipe(
    services: &Services,
    account: &Account,
    media: &[Medium],
    saving: Option<&Saving>,
    control: &Control,
    wiped: &mut Wiped,
) -> Result<()> {
    let services = services.stopped_by(&control.stop);
    let span = tracing::info_span!("account", name = account.name());
    Box::pin(wipe_all(&services, account, media, saving, control, wiped)).instrument(span).await
}

async fn wipe_all(
    services: &Services,
    account: &Account,
    media: &[Medium],
    saving: Option<&Saving>,
    control: &Control,
    wiped: &mut Wiped,
) -> Result<()> {
    let _turn = services.turn(account).await;
    let mut writer = None;
    let done = Cell::new(0);
    let mut first: BTreeMap<Medium, usize> = BTreeMap::new();
    let mut attempt = async || {
        let targets = look(services, account, media).await?;
        let has_records = targets.media.iter().any(|(_, rkeys, _)| !rkeys.is_empty());
        if let (Some(snapshot), true) = (&targets.snapshot, has_records) {
            if writer.is_none() {
                let session = services::session(&services.sessions, account).await?;
                writer = Some(Writer::new(&services.pds, session));
            }
            if let Some(writer) = &mut writer {
                writer.start_at(Some(snapshot.head()));
            }
            if let Some(saving) = saving {
                let going: Vec<_> = snapshot.records.iter().filter(|record| is_of(record, media)).collect();
                wiped.saved = Some(saving.save(&services.pds, &targets.car, snapshot, &going, control).await?);
            }
        }
        for (medium, rkeys, ids) in targets.media {
            let extent = wiped.media.entry(medium.plural()).or_default();
            // Deletions without a response count too.
            extent.records = first.entry(medium).or_insert(rkeys.len()).saturating_sub(rkeys.len());
            if let Some(writer) = &mut writer {
                let deleted = |count| {
                    extent.records += count;
                    done.set(done.get() + count);
                    control.events.done(count);
                };
                let span = tracing::info_span!("medium", name = medium.plural());
                delete(writer, medium, rkeys, control, deleted).instrument(span).await?;
            }
            control.check()?;
            extent.keys += services.mongo.clear_keys(medium, &ids).await? as usize;
        }
        Ok(())
    };
    let mut rounds = Rounds::new(account.name());
    let ended = loop {
        let outcome = attempt().await;
        if let Some(ended) = rounds.end(done.get(), outcome).await {
            break ended;
        }
    };
    ended?;
    match &wiped.saved {
        Some(saved) => saved.complete().await,
        None => Ok(()),
    }
}

async fn look(services: &Services, account: &Account, media: &[Medium]) -> Result<Targets> {
    let repo = match &account.did {
        Some(did) => services.pds.repo_car(did).await?,
        None => None,
    };
    let (car, snapshot) = repo.unzip();
    let mut targets = Targets { car: car.unwrap_or_default(), snapshot, media: Vec::new() };
    for &medium in media {
        let records = targets.snapshot.iter().flat_map(|snapshot| &snapshot.records);
        let rkeys =
            records.filter(|record| record.medium() == Some(medium)).map(|record| record.rkey.clone()).collect();
        let ids = services.mongo.with_keys(&account.owner, medium).await?;
        targets.media.push((medium, rkeys, ids));
    }
    Ok(targets)
}
