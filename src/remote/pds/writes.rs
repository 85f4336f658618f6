//! Batches of writes, applied atomically.

use atrium_api::com::atproto::repo::{apply_writes, upload_blob};
use atrium_api::types::string::Cid as CidText;
use cid::Cid;

use super::client::Pds;
use super::exchange::Call;
use super::session::Session;
use super::syntax::{parse, unknown};
use crate::error::{Error, RemoteError, Result};
use crate::record::{Medium, Record};

/// The server's limit on writes per batch.
pub const MOST_WRITES: usize = 200;

/// The costs in the server's limiter of writes.
const POINTS_OF_CREATE: u32 = 3;
pub(super) const POINTS_OF_UPDATE: u32 = 2;
pub(super) const POINTS_OF_DELETE: u32 = 1;

/// A change of one record.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Creates a record. If it exists, all writes fail.
    Create {
        /// Its key.
        rkey: String,
        /// Its content.
        record: Record,
    },
    /// Replaces a record. If it does not exist, all writes fail.
    Update {
        /// Its key.
        rkey: String,
        /// Its content.
        record: Record,
    },
    /// Deletes a record. If it does not exist, all writes fail.
    Delete {
        /// Its medium.
        medium: Medium,
        /// Its key.
        rkey: String,
    },
}

/// A written record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its address: `at://did/collection/rkey`.
    pub uri: String,
    /// The hash of its content.
    pub cid: Cid,
}

/// The result of the writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The new commit.
    pub commit: Cid,
    /// Its revision.
    pub rev: String,
    /// The record of each write in order, `None` for a deletion.
    pub results: Vec<Option<Written>>,
}

impl Write {
    /// Its cost in the server's rate limit for an account's writes.
    #[must_use]
    pub fn points(&self) -> u32 {
        match self {
            Write::Create { .. } => POINTS_OF_CREATE,
            Write::Update { .. } => POINTS_OF_UPDATE,
            Write::Delete { .. } => POINTS_OF_DELETE,
        }
    }

    fn item(&self) -> Result<apply_writes::InputWritesItem> {
        use apply_writes::{CreateData, DeleteData, InputWritesItem, UpdateData};
        Ok(match self {
            Write::Create { rkey, record } => {
                let collection = parse(record.medium().collection(), "collection")?;
                let (rkey, value) = (Some(parse(rkey, "rkey")?), unknown(record.value())?);
                InputWritesItem::Create(Box::new(CreateData { collection, rkey, value }.into()))
            }
            Write::Update { rkey, record } => {
                let collection = parse(record.medium().collection(), "collection")?;
                let (rkey, value) = (parse(rkey, "rkey")?, unknown(record.value())?);
                InputWritesItem::Update(Box::new(UpdateData { collection, rkey, value }.into()))
            }
            Write::Delete { medium, rkey } => {
                let (collection, rkey) = (parse(medium.collection(), "collection")?, parse(rkey, "rkey")?);
                InputWritesItem::Delete(Box::new(DeleteData { collection, rkey }.into()))
            }
        })
    }
}

impl Pds {
    /// Whether blobs can be uploaded, and the cheapest write can follow, before the patience ends. To be checked before
    /// the blobs are made.
    ///
    /// # Errors
    /// [`RemoteError::Postponed`].
    pub fn may_publish(&self, session: &Session) -> Result<()> {
        let upload = Call::upload(upload_blob::NSID, session.did());
        let write = Call::write(apply_writes::NSID, POINTS_OF_UPDATE, session.did());
        [upload, write].into_iter().try_for_each(|call| self.pace().check(self.waits(), call.toll))
    }

    /// Applies at most [`MOST_WRITES`] writes, if the repo is still at the commit `swap`.
    ///
    /// # Errors
    /// [`RemoteError::InvalidSwap`] if it is not, [`RemoteError::TooLarge`] if the batch exceeds the server's limit,
    /// and [`RemoteError::Uncertain`] if the outcome is uncertain; also if the server refuses or cannot be reached.
    pub async fn apply_writes(&self, session: &Session, writes: &[Write], swap: Option<&Cid>) -> Result<Applied> {
        let input = apply_writes::InputData {
            repo: parse(session.did(), "did")?,
            swap_commit: swap.copied().map(CidText::new),
            // The server does not know these lexicons, and the records have passed their own.
            validate: Some(false),
            writes: writes.iter().map(Write::item).collect::<Result<_>>()?,
        };
        let points = writes.iter().map(Write::points).sum();
        let call = Call::write(apply_writes::NSID, points, session.did());
        let output: apply_writes::OutputData = session.procedure(self, call, &input).await.map_err(unread)?;
        let missing = |what: &str| {
            Error::Remote(RemoteError::Uncertain { call: call.nsid, source: format!("response has no {what}").into() })
        };
        let commit = output.commit.ok_or_else(|| missing("commit"))?;
        let results: Vec<_> = output.results.ok_or_else(|| missing("results"))?.into_iter().map(written).collect();
        if results.len() != writes.len() {
            return Err(missing("result for every write"));
        }
        Ok(Applied { commit: *commit.cid.as_ref(), rev: commit.rev.to_string(), results })
    }
}

/// The outcome of a write that succeeded with an unreadable response is uncertain.
fn unread(error: Error) -> Error {
    match error {
        Error::Remote(RemoteError::Answer { call, source }) => Error::Remote(RemoteError::Uncertain { call, source }),
        other => other,
    }
}

fn written(result: apply_writes::OutputResultsItem) -> Option<Written> {
    use apply_writes::OutputResultsItem::{CreateResult, DeleteResult, UpdateResult};
    match result {
        CreateResult(result) => Some(Written { uri: result.data.uri, cid: *result.data.cid.as_ref() }),
        UpdateResult(result) => Some(Written { uri: result.data.uri, cid: *result.data.cid.as_ref() }),
        DeleteResult(_) => None,
    }
}
