//! The records of a backup in a repo again, under the keys that they had.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use cid::Cid;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::record::{self, Id, Medium, Record};
use crate::remote::mongo::{Account, Published};
use crate::remote::pds::{Body, Existing, Session, Write};

use super::backup::{Backup, blobs_of};
use super::batch::{Batch, Change, Outcome, Writer};
use super::report::Parked;
use super::settle::{Interruption, settle};
use super::{Services, Watch, unless_stopped};

/// Blobs that are uploaded at once.
const UPLOADS: usize = 4;

/// How much there is to restore of one medium, or has been restored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// Records that are not there.
    pub create: usize,
    /// Records that are there and say something else.
    pub update: usize,
    /// Records that are there, or whose item has another by now.
    pub skip: usize,
}

/// What restoring comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RestoreReport {
    /// How much of each medium was planned.
    pub planned: BTreeMap<&'static str, Restored>,
    /// How much of it was done.
    pub done: BTreeMap<&'static str, Restored>,
    /// Bytes of blobs uploaded.
    pub uploaded: u64,
    /// Records that no server may be given any more, or that it does not take.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parked: Vec<Parked>,
}

impl RestoreReport {
    /// Whether there is anything to do.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.planned.values().any(|counts| counts.create + counts.update > 0)
    }
}

/// A record that goes back to its place.
struct Kept {
    rkey: String,
    record: Record,
    /// Whether another is in its place.
    replaces: bool,
}

impl Change for Kept {
    fn writes(&self) -> Vec<Write> {
        let (rkey, record) = (self.rkey.clone(), self.record.clone());
        vec![if self.replaces { Write::Update { rkey, record } } else { Write::Create { rkey, record } }]
    }

    fn count_writes(&self) -> usize {
        1
    }

    fn record(&self) -> Option<&Record> {
        Some(&self.record)
    }
}

/// What is to go back where, as of one commit.
struct Plan {
    commit: Cid,
    media: Vec<(Medium, Vec<Kept>)>,
    counts: BTreeMap<&'static str, Restored>,
    parked: Vec<Parked>,
}

/// Works out what restoring would do. Changes nothing.
///
/// # Errors
/// What the PDS says.
pub async fn plan_restore(
    services: &Services,
    account: &Account,
    backup: &Backup,
    media: &[Medium],
    watch: &Arc<dyn Watch>,
) -> Result<RestoreReport> {
    let plan = unless_stopped(services, watch, plan(services, account, backup, media)).await?;
    Ok(RestoreReport { planned: plan.counts, parked: plan.parked, ..RestoreReport::default() })
}

/// Brings the records of a backup back, their blobs first, and tells MongoDB.
///
/// # Errors
/// What the servers say. Then some of it may be done; another run does the rest.
pub async fn restore(
    services: &Services,
    account: &Account,
    backup: &Backup,
    media: &[Medium],
    watch: &Arc<dyn Watch>,
) -> Result<RestoreReport> {
    unless_stopped(services, watch, Box::pin(restore_all(services, account, backup, media, watch))).await
}

async fn restore_all(
    services: &Services,
    account: &Account,
    backup: &Backup,
    media: &[Medium],
    watch: &Arc<dyn Watch>,
) -> Result<RestoreReport> {
    let session = Arc::new(super::log_in(services, account).await?);
    let mut run = Run {
        services,
        backup,
        watch,
        listed: services.pds.list_blobs(session.did()).await?,
        writer: Writer::new(&services.pds, session.clone()),
        session,
        report: RestoreReport::default(),
    };
    settle(&account.name(), async || {
        let plan = plan(services, account, backup, media).await?;
        run.apply(plan).await
    })
    .await?;
    Ok(run.report)
}

async fn plan(services: &Services, account: &Account, backup: &Backup, media: &[Medium]) -> Result<Plan> {
    let did = account.did.as_deref().unwrap_or_default();
    let missing = || Error::Document { subject: account.name(), what: "has no repo on the PDS".into() };
    let current = services.pds.repo(did).await?.ok_or_else(missing)?;
    let at = |record: &Existing| (record.collection.clone(), record.rkey.clone());
    let cids: BTreeMap<_, _> = current.records.iter().map(|record| (at(record), record.cid)).collect();
    let items: HashSet<(&str, Id)> = current
        .records
        .iter()
        .filter_map(|record| Some((record.collection.as_str(), record::identity(&record.value)?)))
        .collect();
    let mut plan = Plan { commit: current.commit, media: Vec::new(), counts: BTreeMap::new(), parked: Vec::new() };
    for &medium in media {
        let mut kept = Vec::new();
        let counts = plan.counts.entry(medium.plural()).or_default();
        for record in backup.snapshot.records.iter().filter(|record| record.medium() == Some(medium)) {
            let there = cids.get(&at(record));
            let has_another = record::identity(&record.value)
                .is_some_and(|id| there.is_none() && items.contains(&(record.collection.as_str(), id)));
            if there == Some(&record.cid) || has_another {
                counts.skip += 1;
                continue;
            }
            match Record::of_value(medium, record.value.clone()) {
                Ok(value) => {
                    let replaces = there.is_some();
                    *if replaces { &mut counts.update } else { &mut counts.create } += 1;
                    kept.push(Kept { rkey: record.rkey.clone(), record: value, replaces });
                }
                Err(violations) => plan.parked.push(parked(medium, &record.rkey, violations.to_string())),
            }
        }
        plan.media.push((medium, kept));
    }
    Ok(plan)
}

fn parked(medium: Medium, rkey: &str, reason: String) -> Parked {
    Parked { medium, id: rkey.into(), label: rkey.into(), reason, causes: Vec::new() }
}

/// What restoring has come to so far. Outlives its plans.
struct Run<'a> {
    services: &'a Services,
    backup: &'a Backup,
    watch: &'a Arc<dyn Watch>,
    session: Arc<Session>,
    writer: Writer<'a>,
    /// Blobs that the repo's records refer to already.
    listed: HashSet<Cid>,
    report: RestoreReport,
}

impl Run<'_> {
    async fn apply(&mut self, plan: Plan) -> Result<(), Interruption> {
        self.writer.commit = Some(plan.commit);
        if self.report.planned.is_empty() {
            self.report.planned = plan.counts;
        }
        self.report.parked = plan.parked;
        for (medium, kept) in plan.media {
            let mut batch = Batch::default();
            for record in kept {
                if let Some(full) = batch.push(record, self.writer.size) {
                    self.commit(medium, full).await?;
                }
            }
            self.commit(medium, batch.take()).await?;
        }
        Ok(())
    }

    /// Blobs, records, keys.
    async fn commit(&mut self, medium: Medium, kept: Vec<Kept>) -> Result<(), Interruption> {
        if self.watch.is_cancelled() {
            return Err(Interruption::Failed(Error::Interrupted));
        }
        let (mut ready, unready) = self.upload(kept).await?;
        for (record, error) in unready {
            self.report.parked.push(parked(medium, &record.rkey, error.chain().join(": ")));
        }
        while !ready.is_empty() {
            match self.writer.write(&mut ready).await {
                Outcome::Written(written) => self.remember(medium, &written).await?,
                Outcome::Refused(record, error) => {
                    self.report.parked.push(parked(medium, &record.rkey, error.chain().join(": ")));
                }
                Outcome::Stopped(_, error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Uploads what the records refer to; parts them into those whose blobs are there and those whose are not to be had.
    async fn upload(&mut self, kept: Vec<Kept>) -> Result<(Vec<Kept>, Vec<(Kept, Error)>)> {
        let Run { services, backup, listed, session, .. } = &*self;
        let uploads = kept.into_iter().map(|record| async move {
            let mut uploaded = 0;
            for blob in blobs_of(record.record.value()) {
                if listed.contains(&blob.cid) {
                    continue;
                }
                let bytes = match backup.blob(&blob.cid) {
                    Ok(bytes) => bytes,
                    Err(error) => return Ok((record, uploaded, Some(error))),
                };
                uploaded += bytes.len() as u64;
                let body = Body::Bytes(bytes);
                services.pds.upload_blob(session, body, &blob.mime_type, Some(&blob.cid)).await?;
            }
            Ok::<_, Error>((record, uploaded, None))
        });
        let done: Vec<_> = stream::iter(uploads).buffered(UPLOADS).try_collect().await?;
        let (mut ready, mut unready) = (Vec::new(), Vec::new());
        for (record, uploaded, error) in done {
            self.report.uploaded += uploaded;
            match error {
                Some(error) => unready.push((record, error)),
                None => ready.push(record),
            }
        }
        Ok((ready, unready))
    }

    async fn remember(&mut self, medium: Medium, written: &[Kept]) -> Result<()> {
        let did = self.session.did();
        let published = |kept: &Kept| {
            let uri = format!("at://{did}/{}/{}", medium.collection(), kept.rkey);
            let id = record::identity(kept.record.value())?;
            Some(Published { id, rkey: kept.rkey.clone(), uri, cid: kept.record.cid(), video: None })
        };
        let published: Vec<_> = written.iter().filter_map(published).collect();
        self.services.mongo.save_keys(medium, &published).await?;
        let done = self.report.done.entry(medium.plural()).or_default();
        for kept in written {
            *if kept.replaces { &mut done.update } else { &mut done.create } += 1;
        }
        self.watch.items(written.len());
        Ok(())
    }
}
