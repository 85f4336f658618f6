//! The records of a backup in a repo again, under the keys that they had.
//!
//! What an item has become since stays: one that has another record by now gets no second, and one that was taken back
//! does not come back.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use cid::Cid;
use futures_util::{StreamExt, stream};
use serde::Serialize;

use crate::error::{Class, Error, Result};
use crate::record::{self, Id, Item, Medium, Record};
use crate::remote::mongo::{Account, Published};
use crate::remote::pds::{Existing, Head, Session, Write};

use super::backup::{Backup, blobs_of};
use super::batch::{Batch, Change, Outcome, Writer, lacks_blob};
use super::plan::is_known;
use super::report::Parked;
use super::settle::{Interruption, settle};
use super::{Services, Watch, unless_stopped};

/// Records whose blobs are uploaded at once.
const UPLOADS: usize = 4;

/// How much there is to restore of one medium, or has been restored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// Records that are not there.
    pub create: usize,
    /// Records that are there and say something else.
    pub update: usize,
    /// Records that are there, of which MongoDB does not know.
    pub adopt: usize,
    /// Records that are there and known, or whose item has another by now, or was taken back.
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
    /// How much there is to do.
    #[must_use]
    pub fn work(&self) -> usize {
        self.planned.values().map(|counts| counts.create + counts.update + counts.adopt).sum()
    }

    /// How many records are going to be replaced by what they were before.
    #[must_use]
    pub fn updates(&self) -> usize {
        self.planned.values().map(|counts| counts.update).sum()
    }
}

/// What is in the place of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Empty,
    Other,
    Same,
}

/// A record that goes back to its place.
struct Kept {
    rkey: String,
    record: Record,
    place: Place,
}

impl Kept {
    fn count(&self, counts: &mut Restored) {
        *match self.place {
            Place::Empty => &mut counts.create,
            Place::Other => &mut counts.update,
            Place::Same => &mut counts.adopt,
        } += 1;
    }
}

impl Change for Kept {
    fn writes(&self) -> Vec<Write> {
        let (rkey, record) = (self.rkey.clone(), self.record.clone());
        match self.place {
            Place::Empty => vec![Write::Create { rkey, record }],
            Place::Other => vec![Write::Update { rkey, record }],
            Place::Same => Vec::new(),
        }
    }

    fn count_writes(&self) -> usize {
        usize::from(self.place != Place::Same)
    }

    fn record(&self) -> Option<&Record> {
        Some(&self.record)
    }
}

/// What is to go back where, as of one commit.
struct Plan {
    head: Head,
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

/// Brings the records of a backup back, their blobs first, and tells MongoDB. `report` tells how far it has come, whatever
/// it ends with.
///
/// # Errors
/// What the servers say. Then some of it may be done; another run does the rest.
pub async fn restore(
    services: &Services,
    account: &Account,
    backup: &Backup,
    media: &[Medium],
    watch: &Arc<dyn Watch>,
    report: &mut RestoreReport,
) -> Result<()> {
    unless_stopped(services, watch, Box::pin(restore_all(services, account, backup, media, watch, report))).await
}

async fn restore_all(
    services: &Services,
    account: &Account,
    backup: &Backup,
    media: &[Medium],
    watch: &Arc<dyn Watch>,
    report: &mut RestoreReport,
) -> Result<()> {
    let session = Arc::new(super::log_in(services, account).await?);
    let mut run = Run {
        services,
        backup,
        watch,
        listed: services.pds.list_blobs(session.did()).await?,
        writer: Writer::new(&services.pds, session.clone()),
        session,
        report,
    };
    settle(&account.name(), async || {
        let outcome = match plan(services, account, backup, media).await {
            Ok(plan) => run.apply(plan).await,
            Err(error) => Err(error.into()),
        };
        (run.writer.done, outcome)
    })
    .await
}

async fn plan(services: &Services, account: &Account, backup: &Backup, media: &[Medium]) -> Result<Plan> {
    let did = account.did.as_deref().unwrap_or_default();
    let missing = || Error::Document { subject: account.name(), what: "has no repo on the PDS".into() };
    let current = services.pds.repo(did).await?.ok_or_else(missing)?;
    let at = |record: &Existing| (record.collection.clone(), record.rkey.clone());
    let cids: BTreeMap<_, _> = current.records.iter().map(|record| (at(record), record.cid)).collect();
    let recorded: HashSet<(&str, Id)> = current
        .records
        .iter()
        .filter_map(|record| Some((record.collection.as_str(), record::identity(&record.value)?)))
        .collect();
    let mut plan = Plan { head: current.head(), media: Vec::new(), counts: BTreeMap::new(), parked: Vec::new() };
    for &medium in media {
        let items = services.mongo.items(&account.owner, medium).await?;
        let items: HashMap<Id, Item> = items.items.into_iter().map(|item| (item.id, item)).collect();
        let mut kept = Vec::new();
        let counts = plan.counts.entry(medium.plural()).or_default();
        for record in backup.records.iter().filter(|record| record.medium() == Some(medium)) {
            let id = record::identity(&record.value);
            let item = id.and_then(|id| items.get(&id));
            let place = match cids.get(&at(record)) {
                None => Place::Empty,
                Some(cid) if *cid == record.cid => Place::Same,
                Some(_) => Place::Other,
            };
            let has_another =
                place == Place::Empty && id.is_some_and(|id| recorded.contains(&(medium.collection(), id)));
            let is_known = place == Place::Same && item.is_none_or(|item| is_known(item, &record.rkey));
            let was_taken_back = item.is_some_and(|item| item.nuked) && record.value.get("nuked").is_none();
            if has_another || is_known || was_taken_back {
                counts.skip += 1;
                continue;
            }
            match Record::of_value(medium, record.value.clone()) {
                Ok(value) => {
                    let record = Kept { rkey: record.rkey.clone(), record: value, place };
                    record.count(counts);
                    kept.push(record);
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
    report: &'a mut RestoreReport,
}

impl Run<'_> {
    async fn apply(&mut self, plan: Plan) -> Result<(), Interruption> {
        self.writer.start_at(Some(plan.head));
        if self.report.planned.is_empty() {
            self.report.planned = plan.counts;
        }
        self.report.parked = plan.parked;
        for (medium, kept) in plan.media {
            let (services, backup, session, listed) =
                (self.services, self.backup, self.session.clone(), self.listed.clone());
            let uploads = kept.into_iter().map(|record| {
                let (session, listed) = (&session, &listed);
                async move {
                    let uploaded = upload(services, backup, session, listed, &record).await;
                    (record, uploaded)
                }
            });
            let mut uploads = std::pin::pin!(stream::iter(uploads).buffered(UPLOADS));
            let mut batch = Batch::default();
            while let Some((record, uploaded)) = uploads.next().await {
                if self.watch.is_cancelled() {
                    self.commit(medium, batch.take()).await?;
                    return Err(Interruption::Failed(Error::Interrupted));
                }
                match uploaded {
                    Ok(bytes) => {
                        self.report.uploaded += bytes;
                        self.watch.uploaded(bytes);
                        if let Some(full) = batch.push(record, self.writer.size) {
                            self.commit(medium, full).await?;
                        }
                    }
                    // What is wrong with this one is nothing to the others.
                    Err(error)
                        if error.class() == Class::Permanent
                            || matches!(error, Error::Read { .. } | Error::Answer { .. }) =>
                    {
                        self.park(medium, &record, &error);
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            self.commit(medium, batch.take()).await?;
        }
        Ok(())
    }

    fn park(&mut self, medium: Medium, record: &Kept, error: &Error) {
        self.report.parked.push(parked(medium, &record.rkey, error.chain().join(": ")));
    }

    async fn commit(&mut self, medium: Medium, mut kept: Vec<Kept>) -> Result<(), Interruption> {
        while !kept.is_empty() {
            match self.writer.write(&mut kept).await {
                Outcome::Written { as_sent, otherwise } => {
                    for (record, error) in otherwise {
                        self.park(medium, &record, &error);
                    }
                    self.remember(medium, &as_sent).await?;
                }
                Outcome::Refused(record, error) => self.park(medium, &record, &error),
                // The list of what is there was wrong.
                Outcome::Stopped(_, error) if lacks_blob(&error) && !self.listed.is_empty() => {
                    self.listed.clear();
                    return Err(Interruption::Disturbed);
                }
                Outcome::Stopped(_, error) => return Err(error.into()),
            }
        }
        Ok(())
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
            kept.count(done);
        }
        self.watch.items(written.len());
        Ok(())
    }
}

/// Uploads what a record refers to, but for what is there; says how many bytes that were.
async fn upload(
    services: &Services,
    backup: &Backup,
    session: &Session,
    listed: &HashSet<Cid>,
    record: &Kept,
) -> Result<u64> {
    let mut uploaded = 0;
    for blob in blobs_of(record.record.value()).iter().filter(|blob| !listed.contains(&blob.cid)) {
        let body = backup.blob(&blob.cid)?;
        uploaded += body.size();
        services.pds.upload_blob(session, body, &blob.mime_type, Some(&blob.cid)).await?;
    }
    Ok(uploaded)
}
