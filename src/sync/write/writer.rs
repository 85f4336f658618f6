//! Writes that go to the PDS together: all of them are carried out, or none.

use std::sync::Arc;

use crate::error::{Error, RemoteError, Result};
use crate::record::Record;
use crate::remote::pds::{Head, Pds, Session, Write, Written};

use super::batch::{Change, Size, bytes_of};

/// How often a batch runs after an owner who writes elsewhere in the repo before everything is read again. Who likes
/// something five times a second comes between every other time.
const MOST_CHASES: u32 = 24;

/// What has become of changes.
pub enum Outcome<C> {
    /// They are carried out.
    Written {
        /// Those whose records are in the repo as they were sent.
        as_sent: Vec<C>,
        /// Those of which the PDS says that it has stored something else.
        otherwise: Vec<(C, Error)>,
    },
    /// The PDS does not take this one, not even alone.
    Refused(C, Error),
    /// They were not carried out, or nobody knows; nor can others be until somebody has looked at the repo again.
    Stopped(Vec<C>, Error),
}

/// Writes to one repo, each batch on top of the last.
pub struct Writer<'a> {
    pds: &'a Pds,
    session: Arc<Session>,
    /// Where the repo is, as far as we know.
    head: Option<Head>,
    /// Whether others have written to it, elsewhere, since it was read.
    is_beside: bool,
    /// Changes carried out so far.
    pub done: usize,
    /// What the PDS takes at once, as far as we know.
    pub size: Size,
}

impl<'a> Writer<'a> {
    /// Writes as the one who is logged in.
    pub fn new(pds: &'a Pds, session: Arc<Session>) -> Self {
        Writer { pds, session, head: None, is_beside: false, done: 0, size: Size::default() }
    }

    /// Writes on top of what was read at that point.
    pub fn start_at(&mut self, head: Option<Head>) {
        self.head = head;
        self.is_beside = false;
    }

    /// Where the repo is, as far as we know.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// Carries out as many of the changes as the PDS takes together, from the first on, and removes them.
    ///
    /// # Panics
    /// Without any changes.
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
                // What it is about may have gone meanwhile.
                Err(ref error @ Error::Remote(RemoteError::Refused { status: 400, call, .. }))
                    if self.is_beside && !lacks_blob(error) =>
                {
                    return Outcome::Stopped(
                        changes.drain(..count).collect(),
                        Error::Remote(RemoteError::InvalidSwap { call }),
                    );
                }
                // One of them may be to blame for all; halves find it.
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
                    // What one lacks others may lack too; they go in halves when they have been uploaded again.
                    if matches!(error, Error::Remote(RemoteError::Uncertain { .. })) || lacks_blob(&error) {
                        self.size.writes = (self.size.writes / 2).min(count.div_ceil(2)).max(1);
                    }
                    return Outcome::Stopped(changes.drain(..count).collect(), error);
                }
            }
        }
    }

    /// Answers what came of each write.
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

    /// Where the repo is by now, if nobody has written to what was read.
    async fn newest_head(&self) -> Result<Option<Head>> {
        let Some(head) = &self.head else { return Ok(None) };
        let newest = self.pds.moved_on(self.session.did(), &head.rev).await?;
        Ok(newest.filter(|newest| newest != head))
    }
}

/// Whether a record refers to a blob that the server does not have, or not any more.
pub fn lacks_blob(error: &Error) -> bool {
    matches!(error, Error::Remote(RemoteError::Refused { name, .. }) if name == "BlobNotFound")
}

/// Compares what the PDS says that it has stored with what was sent.
fn sorted<C: Change>(changes: Vec<C>, applied: &[Option<Written>]) -> Outcome<C> {
    let (mut as_sent, mut otherwise) = (Vec::new(), Vec::new());
    let mut applied = applied.iter();
    for change in changes {
        let writes = change.writes();
        // All of them are taken, whatever the first is.
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

/// The error that it is when the PDS says that it has stored something else than was sent.
pub fn altered(record: &Record, written: Option<&Written>) -> Option<Error> {
    let (sent, is) = (record.cid(), written.map(|written| written.cid));
    let said = is.map_or("nothing".into(), |is| is.to_string());
    (is != Some(sent)).then(|| Error::Remote(RemoteError::Altered { is: said, sent: sent.to_string() }))
}
