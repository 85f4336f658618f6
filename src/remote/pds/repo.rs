//! The state of a whole repo, in one request if the server supports it.

use atrium_api::com::atproto::{repo::list_records, sync::get_latest_commit, sync::get_repo};
use atrium_api::types::LimitedNonZeroU8;
use bytes::Bytes;
use cid::Cid;
use ipld_core::ipld::Ipld;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;

use super::car::Car;
use super::client::Pds;
use super::exchange::{Call, Content, Request};
use super::ipld;
use super::records::{Existing, Page};
use super::syntax::parse;
use super::tree::Commit;
use crate::error::{Cause, Error, RemoteError, Result};
use crate::record::Medium;

/// The common prefix of the collections of all media. Other collections are ignored.
const PREFIX: &str = "computer.aesthetic.";

/// The head of a repo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The commit, for [`Pds::apply_writes`] to check that nothing has changed since.
    pub commit: Cid,
    /// Its revision.
    pub rev: String,
}

/// A repo's records as of one commit.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The repo's DID.
    pub did: String,
    /// The revision; the CID of an old commit that has none.
    pub rev: String,
    /// The commit, for [`Pds::apply_writes`] to make sure that nothing has changed since.
    pub commit: Cid,
    /// All records under `computer.aesthetic`.
    pub records: Vec<Existing>,
}

impl Pds {
    /// Reads a repo; `None` if the server has none for that DID. Hashes are checked, but not the commit's signature,
    /// because the server reports its own state.
    ///
    /// # Errors
    /// [`RemoteError::Away`] if the account is deactivated or taken down; if the server does not respond, or refuses
    /// for another reason.
    pub async fn repo(&self, did: &str) -> Result<Option<Snapshot>> {
        let error = match self.repo_as_car(did).await {
            Ok((_, snapshot)) => return Ok(Some(snapshot)),
            Err(Error::Remote(RemoteError::Refused { name, .. })) if name == "RepoNotFound" => return Ok(None),
            Err(error @ Error::Remote(RemoteError::Away { .. })) => return Err(error),
            Err(error @ Error::Remote(RemoteError::Refused { status, .. })) if !matches!(status, 404 | 501) => {
                return Err(error);
            }
            Err(error) => error,
        };
        tracing::warn!(did, chain = ?error.chain(), "reading the repo record by record");
        self.repo_as_lists(did).await
    }

    /// Reads a repo as one CAR with all its collections, and its contents. `None` if the server has none for that DID.
    ///
    /// # Errors
    /// As [`Pds::repo`].
    pub async fn repo_car(&self, did: &str) -> Result<Option<(Bytes, Snapshot)>> {
        match self.repo_as_car(did).await {
            Ok(repo) => Ok(Some(repo)),
            Err(Error::Remote(RemoteError::Refused { name, .. })) if name == "RepoNotFound" => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn car(&self, did: &str) -> Result<Bytes> {
        let call = Call::read_repo(get_repo::NSID);
        let query = format!("did={}", utf8_percent_encode(did, NON_ALPHANUMERIC));
        let request = Request { call, method: Method::GET, query, content: Content::Nothing, bearer: None };
        Ok(self.exchange(&request).await.map_err(away)?.body)
    }

    async fn repo_as_car(&self, did: &str) -> Result<(Bytes, Snapshot)> {
        let car = self.car(did).await?;
        let bytes = car.clone();
        // Hashing megabytes must not block an async thread.
        let read = tokio::task::spawn_blocking(move || Snapshot::of_car(bytes)).await;
        let wrong = |source| Error::Remote(RemoteError::Answer { call: get_repo::NSID, source });
        let snapshot = read.unwrap_or_else(|panic| Err(panic.into())).map_err(wrong)?;
        if snapshot.did != did {
            return Err(wrong(format!("response is the repo of {}", snapshot.did).into()));
        }
        Ok((car, snapshot))
    }

    /// The current head of a repo, if nothing was written under `computer.aesthetic` since that revision; `None` if
    /// something was, or may have been. Deletions do not show; the server then refuses a write with a swap.
    ///
    /// # Errors
    /// If the server does not respond.
    pub async fn moved_on(&self, did: &str, since: &str) -> Result<Option<Head>> {
        let call = Call::read_repo(get_repo::NSID);
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let query = format!("did={}&since={}", encoded(did), encoded(since));
        let request = Request { call, method: Method::GET, query, content: Content::Nothing, bearer: None };
        let car = self.exchange(&request).await?.body;
        let read = tokio::task::spawn_blocking(move || newer_head(car)).await;
        let head = read.unwrap_or_else(|panic| Err(panic.into())).unwrap_or_else(|cause| {
            tracing::debug!(did, %cause, "cannot tell what is new in the repo");
            None
        });
        Ok(head.filter(|(owner, _)| owner == did).map(|(_, head)| head))
    }

    async fn repo_as_lists(&self, did: &str) -> Result<Option<Snapshot>> {
        let did_parameter = parse(did, "did")?;
        let parameters = get_latest_commit::ParametersData { did: did_parameter };
        let call = Call::read(get_latest_commit::NSID);
        // Before the records: a concurrent write then shows as a failed swap; otherwise it would go unnoticed.
        let commit: get_latest_commit::OutputData = match self.query(call, Some(parameters)).await {
            Err(Error::Remote(RemoteError::Refused { name, .. })) if name == "RepoNotFound" => return Ok(None),
            commit => commit?,
        };
        let mut records = Vec::new();
        for medium in Medium::ALL {
            let mut cursor = None;
            loop {
                let parameters = list_records::ParametersData {
                    collection: parse(medium.collection(), "collection")?,
                    cursor: cursor.take(),
                    limit: Some(LimitedNonZeroU8::MAX),
                    repo: parse(did, "did")?,
                    reverse: Some(true),
                };
                let page: Page = self.query(Call::read(list_records::NSID), Some(parameters)).await?;
                let is_last = page.cursor.is_none() || page.records.is_empty();
                for listed in page.records {
                    records.push(listed.existing(list_records::NSID)?);
                }
                if is_last {
                    break;
                }
                cursor = page.cursor;
            }
        }
        Ok(Some(Snapshot { did: did.into(), rev: commit.rev.to_string(), commit: *commit.cid.as_ref(), records }))
    }
}

/// The DID and head of a CAR of new blocks, unless one of the blocks is a record of ours.
fn newer_head(car: Bytes) -> Result<Option<(String, Head)>, Cause> {
    let car = Car::read(car)?;
    let commit = Commit::read(&car)?;
    let is_ours = |block: &[u8]| match serde_ipld_dagcbor::from_slice::<Ipld>(block) {
        Ok(Ipld::Map(fields)) => matches!(fields.get("$type"), Some(Ipld::String(name)) if name.starts_with(PREFIX)),
        Ok(_) => false,
        Err(_) => true,
    };
    let is_touched = car.blocks().any(is_ours);
    Ok((!is_touched).then_some((commit.did, Head { commit: car.root, rev: commit.rev })))
}

/// Recognises a refusal that concerns the account, by the server's error name.
fn away(error: Error) -> Error {
    let status = match &error {
        Error::Remote(RemoteError::Refused { name, .. }) => match name.as_str() {
            "RepoDeactivated" => "deactivated on the PDS",
            "RepoTakendown" => "taken down on the PDS",
            "RepoSuspended" => "suspended on the PDS",
            _ => return error,
        },
        _ => return error,
    };
    Error::Remote(RemoteError::Away { status })
}

impl Snapshot {
    /// The head of the repo.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { commit: self.commit, rev: self.rev.clone() }
    }

    /// The contents of a CAR. All blocks are checked against their hashes.
    ///
    /// # Errors
    /// If it is malformed.
    pub fn of_car(car: Bytes) -> Result<Snapshot, Cause> {
        let car = Car::read(car)?;
        let commit = Commit::read(&car)?;
        let leaves = commit.records(&car, PREFIX)?;
        let records = leaves.into_iter().map(|leaf| {
            let value: Ipld = serde_ipld_dagcbor::from_slice(car.block(&leaf.cid)?)?;
            Ok(Existing { collection: leaf.collection, rkey: leaf.rkey, cid: leaf.cid, value: ipld::to_json(value) })
        });
        let records = records.collect::<Result<_, Cause>>()?;
        Ok(Snapshot { did: commit.did, rev: commit.rev, commit: car.root, records })
    }
}
