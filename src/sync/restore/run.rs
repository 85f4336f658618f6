//! Restores the records of a backup: plans, uploads and writes them, and updates MongoDB.

use std::collections::HashSet;
use std::sync::Arc;

use cid::Cid;
use futures_util::{StreamExt, stream};
use tracing::Instrument;

use crate::error::{Disposition, Error, FileError, RemoteError, Result};
use crate::record::{self, Medium};
use crate::remote::mongo::{Account, Published};
use crate::remote::pds::Session;
use crate::sync::backup::{Backup, blobs_of};
use crate::sync::events::Control;
use crate::sync::parked::Parked;
use crate::sync::services::{Services, session};
use crate::sync::write::{Batch, Interruption, Outcome, Rounds, Writer, lacks_blob};

use super::plan::{RestorePlan, SavedRecord, parked, plan};
use super::report::RestoreReport;

/// The number of records whose blobs are uploaded in parallel.
const UPLOADS: usize = 4;

/// Plans a restore. Changes nothing.
///
/// # Errors
/// Errors of the PDS.
pub async fn plan_restore(
    services: &Services,
    account: &Account,
    backup: &Backup,
    media: &[Medium],
) -> Result<RestoreReport> {
    let plan = plan(services, account, backup, media).await?;
    Ok(RestoreReport { planned: plan.counts, parked: plan.parked, ..RestoreReport::default() })
}

/// Restores the records of a backup, their blobs first, and updates MongoDB. `report` holds the progress even after an
/// error.
///
/// # Errors
/// Errors of the servers. Part of the work may be done then; another run completes it.
pub async fn restore(
    services: &Services,
    account: &Account,
    backup: &Backup,
    media: &[Medium],
    control: &Control,
    report: &mut RestoreReport,
) -> Result<()> {
    let services = services.stopped_by(&control.stop);
    let span = tracing::info_span!("account", name = account.name());
    Box::pin(restore_all(&services, account, backup, media, control, report)).instrument(span).await
}

async fn restore_all(
    services: &Services,
    account: &Account,
    backup: &Backup,
    media: &[Medium],
    control: &Control,
    report: &mut RestoreReport,
) -> Result<()> {
    let _turn = services.turn(account).await;
    let session = session(&services.sessions, account).await?;
    let mut run = Restoring {
        services,
        backup,
        control,
        listed: services.pds.list_blobs(session.did()).await?,
        writer: Writer::new(&services.pds, session.clone()),
        session,
        report,
    };
    let mut rounds = Rounds::new(account.name());
    loop {
        let outcome = match plan(services, account, backup, media).await {
            Ok(plan) => run.apply(plan).await,
            Err(error) => Err(error.into()),
        };
        if let Some(ended) = rounds.end(run.writer.done, outcome).await {
            return ended;
        }
    }
}

/// The state of a restore. Outlives its plans.
struct Restoring<'a> {
    services: &'a Services,
    backup: &'a Backup,
    control: &'a Control,
    session: Arc<Session>,
    writer: Writer<'a>,
    /// Blobs that the repo's records refer to already.
    listed: HashSet<Cid>,
    report: &'a mut RestoreReport,
}

impl Restoring<'_> {
    async fn apply(&mut self, plan: RestorePlan) -> Result<(), Interruption> {
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
                    let span = tracing::info_span!("item", medium = medium.name(), rkey = record.rkey);
                    let uploaded = upload(services, backup, session, listed, &record).instrument(span).await;
                    (record, uploaded)
                }
            });
            let mut uploads = std::pin::pin!(stream::iter(uploads).buffered(UPLOADS));
            let mut batch = Batch::default();
            while let Some((record, uploaded)) = uploads.next().await {
                if self.control.stop.is_cancelled() {
                    self.commit(medium, batch.take()).await?;
                    return Err(Interruption::Failed(Error::Interrupted));
                }
                match uploaded {
                    Ok(bytes) => {
                        self.report.uploaded += bytes;
                        self.control.events.uploaded(bytes);
                        if let Some(full) = batch.push(record, self.writer.size) {
                            self.commit(medium, full).await?;
                        }
                    }
                    // The error of one record does not affect the others.
                    Err(error)
                        if error.disposition() == Disposition::Drop
                            || matches!(
                                error,
                                Error::File(FileError::Read { .. }) | Error::Remote(RemoteError::Answer { .. })
                            ) =>
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

    fn park(&mut self, medium: Medium, record: &SavedRecord, error: &Error) {
        let (disposition, advice) = (error.disposition(), error.advice());
        let parked = parked(medium, &record.rkey, error.chain().join(": "));
        self.report.parked.push(Parked { disposition, advice, ..parked });
    }

    async fn commit(&mut self, medium: Medium, mut kept: Vec<SavedRecord>) -> Result<(), Interruption> {
        while !kept.is_empty() {
            match self.writer.write(&mut kept).await {
                Outcome::Written { as_sent, otherwise } => {
                    for (record, error) in otherwise {
                        self.park(medium, &record, &error);
                    }
                    self.remember(medium, &as_sent).await?;
                }
                Outcome::Refused(record, error) => self.park(medium, &record, &error),
                // The list of existing blobs was wrong.
                Outcome::Stopped(_, error) if lacks_blob(&error) && !self.listed.is_empty() => {
                    self.listed.clear();
                    return Err(Interruption::Disturbed);
                }
                Outcome::Stopped(_, error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn remember(&mut self, medium: Medium, written: &[SavedRecord]) -> Result<()> {
        let did = self.session.did();
        let published = |kept: &SavedRecord| {
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
        self.control.events.done(written.len());
        Ok(())
    }
}

/// Uploads the blobs that a record refers to, except existing ones; returns the number of bytes.
async fn upload(
    services: &Services,
    backup: &Backup,
    session: &Session,
    listed: &HashSet<Cid>,
    record: &SavedRecord,
) -> Result<u64> {
    let mut uploaded = 0;
    for blob in blobs_of(record.record.value()).iter().filter(|blob| !listed.contains(&blob.cid)) {
        let body = backup.blob(blob.cid).await?;
        uploaded += body.size();
        services.pds.upload_blob(session, body, &blob.mime_type, Some(&blob.cid)).await?;
    }
    Ok(uploaded)
}
