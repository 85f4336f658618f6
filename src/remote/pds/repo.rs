//! The state of a whole repo, in one request where the server can.

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

/// What the collections of all media begin with. What others keep in the repo is not looked at.
const PREFIX: &str = "computer.aesthetic.";

/// Where a repo is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The commit, for [`Pds::apply_writes`] to make sure that nothing has changed since.
    pub commit: Cid,
    /// Its revision.
    pub rev: String,
}

/// A repo's records as of one commit.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Whose it is.
    pub did: String,
    /// The revision; of an old commit that has none, its CID.
    pub rev: String,
    /// The commit, for [`Pds::apply_writes`] to make sure that nothing has changed since.
    pub commit: Cid,
    /// All records under `computer.aesthetic`.
    pub records: Vec<Existing>,
}

impl Pds {
    /// Reads a repo; `None` if the server has none for that DID. What the hashes cover is checked against them; the
    /// commit's signature is not, for it is this very server that we ask for its own state.
    ///
    /// # Errors
    /// [`RemoteError::Away`] when the account is deactivated or taken down; when the server does not answer, or does not give
    /// the repo out for another reason.
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

    /// Reads a repo as it travels, one CAR that holds all of it, of whatever collections; and what it holds. `None` if
    /// the server has none for that DID.
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
        // Hashing megabytes is no work for a thread that others wait for.
        let read = tokio::task::spawn_blocking(move || Snapshot::of_car(bytes)).await;
        let wrong = |source| Error::Remote(RemoteError::Answer { call: get_repo::NSID, source });
        let snapshot = read.unwrap_or_else(|panic| Err(panic.into())).map_err(wrong)?;
        if snapshot.did != did {
            return Err(wrong(format!("it is the repo of {}", snapshot.did).into()));
        }
        Ok((car, snapshot))
    }

    /// Where a repo is by now, if since that revision nothing was written under `computer.aesthetic`; `None` if
    /// something was, or may have been. What was deleted meanwhile does not show: who then writes on top is told by the
    /// server.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn moved_on(&self, did: &str, since: &str) -> Result<Option<Head>> {
        let call = Call::read_repo(get_repo::NSID);
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let query = format!("did={}&since={}", encoded(did), encoded(since));
        let request = Request { call, method: Method::GET, query, content: Content::Nothing, bearer: None };
        let car = self.exchange(&request).await?.body;
        let read = tokio::task::spawn_blocking(move || newer_head(car)).await;
        let head = read.unwrap_or_else(|panic| Err(panic.into())).unwrap_or_else(|cause| {
            tracing::debug!(did, %cause, "what is new in the repo cannot be told");
            None
        });
        Ok(head.filter(|(owner, _)| owner == did).map(|(_, head)| head))
    }

    async fn repo_as_lists(&self, did: &str) -> Result<Option<Snapshot>> {
        let did_parameter = parse(did, "did")?;
        let parameters = get_latest_commit::ParametersData { did: did_parameter };
        let call = Call::read(get_latest_commit::NSID);
        // Before the records: what is written meanwhile then shows as a swap that fails, and not at all else.
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

/// Whose repo a CAR of new blocks is of and where it is, unless one of the blocks is a record of ours.
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

/// A refusal that is about the account, by the server's name for it.
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
    /// Where the repo is.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { commit: self.commit, rev: self.rev.clone() }
    }

    /// What a CAR holds. All blocks are checked against their hashes.
    ///
    /// # Errors
    /// What is wrong with it.
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
