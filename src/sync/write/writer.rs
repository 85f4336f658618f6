//! Writes batches to the PDS, each completely or not at all.

use std::sync::Arc;

use crate::error::{Error, RemoteError, Result};
use crate::record::Record;
use crate::remote::pds::{Head, Pds, Session, Write, Written};

use super::batch::{Change, Size, bytes_of};

/// How often a batch is retried after the owner has written elsewhere in the repo, before everything is read again. An
/// owner who likes something five times a second interferes every other time.
const MOST_CHASES: u32 = 24;

/// The outcome of changes.
pub enum Outcome<C> {
    /// They were carried out.
    Written {
        /// Changes whose records were stored as sent.
        as_sent: Vec<C>,
        /// Changes whose records the PDS stored differently.
        otherwise: Vec<(C, Error)>,
    },
    /// The PDS refuses this one, even alone.
    Refused(C, Error),
    /// They were not carried out, or the outcome is uncertain; nothing more can be written until the repo is read
    /// again.
    Stopped(Vec<C>, Error),
}

/// Writes to one repo, each batch on top of the last.
pub struct Writer<'a> {
    pds: &'a Pds,
    session: Arc<Session>,
    /// The head of the repo, as far as known.
    head: Option<Head>,
    /// Whether another program has written elsewhere in it since it was read.
    is_beside: bool,
    /// Changes carried out so far.
    pub done: usize,
    /// The largest batch that the PDS accepts, as far as known.
    pub size: Size,
}

impl<'a> Writer<'a> {
    /// A writer with this session.
    pub fn new(pds: &'a Pds, session: Arc<Session>) -> Self {
        Writer { pds, session, head: None, is_beside: false, done: 0, size: Size::default() }
    }

    /// Sets the head that the next write builds on.
    pub fn start_at(&mut self, head: Option<Head>) {
        self.head = head;
        self.is_beside = false;
    }

    /// Where the repo is, as far as we know.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// Carries out as many of the changes as the PDS accepts together, from the first on, and removes them.
    ///
    /// # Panics
    /// If there are no changes.
    pub async fn write<C: Change>(&mut self, changes: &mut Vec<C>) -> Outcome<C> {
        let mut count = changes.len();
        loop {
            match self.apply(&changes[..count]).await {
                Ok(applied) => {
                    self.done += count;
                    return sorted(changes.drain(..count).collect(), &applied);
                }
                Err(Error::Remote(RemoteError::TooLarge { .. })) if count > 1 => {
                    count /= 2;
                    self.size.bytes = changes[..count].iter().map(bytes_of).sum();
                }
                // The record it concerns may have been deleted meanwhile.
                Err(ref error @ Error::Remote(RemoteError::Refused { status: 400, call, .. }))
                    if self.is_beside && !lacks_blob(error) =>
                {
                    return Outcome::Stopped(
                        changes.drain(..count).collect(),
                        Error::Remote(RemoteError::InvalidSwap { call }),
                    );
                }
                // A single change may be the cause; halving finds it.
                Err(ref error @ Error::Remote(RemoteError::Refused { status: 400, .. }))
                    if count > 1 && !lacks_blob(error) =>
                {
                    count /= 2;
                }
                Err(error @ Error::Remote(RemoteError::TooLarge { .. } | RemoteError::Refused { status: 400, .. }))
                    if !lacks_blob(&error) =>
                {
                    return Outcome::Refused(changes.remove(0), error);
                }
                Err(error) => {
                    // Others may lack their blobs too; they are sent in halves after another upload.
                    if matches!(error, Error::Remote(RemoteError::Uncertain { .. })) || lacks_blob(&error) {
                        self.size.writes = (self.size.writes / 2).min(count.div_ceil(2)).max(1);
                    }
                    return Outcome::Stopped(changes.drain(..count).collect(), error);
                }
            }
        }
    }

    /// Returns the result of each write.
    async fn apply<C: Change>(&mut self, changes: &[C]) -> Result<Vec<Option<Written>>> {
        let writes: Vec<_> = changes.iter().flat_map(Change::writes).collect();
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        let mut left = MOST_CHASES;
        loop {
            let commit = self.head.as_ref().map(|head| &head.commit);
            match self.pds.apply_writes(&self.session, &writes, commit).await {
                Ok(applied) => {
                    self.head = Some(Head { commit: applied.commit, rev: applied.rev });
                    return Ok(applied.results);
                }
                Err(error @ Error::Remote(RemoteError::InvalidSwap { .. })) if left > 0 => {
                    left -= 1;
                    self.head = Some(self.newest_head().await?.ok_or(error)?);
                    self.is_beside = true;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The current head of the repo, if the records that were read have not changed.
    async fn newest_head(&self) -> Result<Option<Head>> {
        let Some(head) = &self.head else { return Ok(None) };
        let newest = self.pds.moved_on(self.session.did(), &head.rev).await?;
        Ok(newest.filter(|newest| newest != head))
    }
}

/// Whether a record refers to a blob that the server lacks.
pub fn lacks_blob(error: &Error) -> bool {
    matches!(error, Error::Remote(RemoteError::Refused { name, .. }) if name == "BlobNotFound")
}

/// Compares the stored records with those that were sent.
fn sorted<C: Change>(changes: Vec<C>, applied: &[Option<Written>]) -> Outcome<C> {
    let (mut as_sent, mut otherwise) = (Vec::new(), Vec::new());
    let mut applied = applied.iter();
    for change in changes {
        let writes = change.writes();
        // Takes all of them, whatever the first is.
        let written: Vec<_> = applied.by_ref().take(writes.len()).collect();
        let mut pairs = writes.iter().zip(written);
        let altered = pairs.find_map(|(write, written)| match write {
            Write::Create { record, .. } | Write::Update { record, .. } => altered(record, written.as_ref()),
            Write::Delete { .. } => None,
        });
        match altered {
            Some(error) => otherwise.push((change, error)),
            None => as_sent.push(change),
        }
    }
    Outcome::Written { as_sent, otherwise }
}

/// The error if the PDS has stored something other than what was sent.
pub fn altered(record: &Record, written: Option<&Written>) -> Option<Error> {
    let (sent, is) = (record.cid(), written.map(|written| written.cid));
    let said = is.map_or("nothing".into(), |is| is.to_string());
    (is != Some(sent)).then(|| Error::Remote(RemoteError::Altered { is: said, sent: sent.to_string() }))
}
