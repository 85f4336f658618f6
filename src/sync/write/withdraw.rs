//! Withdraws a record whose item is gone.

use crate::error::{Error, RemoteError, Result, SyncError};
use crate::record::{self, Id, Medium};
use crate::remote::mongo::Account;
use crate::remote::pds::{Existing, RepoStatus};
use crate::sync::services::{self, Services};

/// The result for the record of an item that is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// It was deleted.
    Withdrawn,
    /// It did not exist.
    WasGone,
    /// It stays: it belongs to something else.
    IsOfAnother,
    /// It stays: the item exists.
    ItemIsThere,
}

/// Withdraws the record of an item that is gone from its last key, if `may_go` allows it; unless another record has the
/// key by now, or the item still exists. No other task writes to the account between `may_go` and the end of `went`,
/// which is called when the record is gone.
///
/// # Errors
/// [`SyncError::EmptyCollection`] and [`SyncError::NotPrimary`] if the item only looks gone; [`RemoteError::Away`] for
/// an inactive repo, which may come back with the record; [`SyncError::Locked`] for an account that can no longer be
/// written to although its repo exists; errors of `may_go`, `went` and the servers.
pub async fn withdraw(
    services: &Services,
    (did, rkey): (&str, &str),
    medium: Medium,
    id: Id,
    may_go: impl AsyncFnOnce(&Account, &Existing) -> Result<()>,
    went: impl AsyncFnOnce() -> Result<()>,
) -> Result<Withdrawal> {
    let absence = services.mongo.absence(medium, &[id]).await?;
    if absence.present.contains(&id) {
        return Ok(Withdrawal::ItemIsThere);
    }
    if !absence.is_primary {
        return Err(SyncError::NotPrimary.into());
    }
    if absence.is_empty {
        return Err(SyncError::EmptyCollection { medium: medium.plural() }.into());
    }
    match services.pds.repo_status(did).await? {
        RepoStatus::Active => {}
        RepoStatus::Missing => {
            went().await?;
            return Ok(Withdrawal::WasGone);
        }
        RepoStatus::Inactive(_) => return Err(RemoteError::Away { status: "inactive on the PDS" }.into()),
    }
    let Some(record) = services.pds.get_record(did, medium.collection(), rkey).await? else {
        went().await?;
        return Ok(Withdrawal::WasGone);
    };
    if record::identity(&record.value) != Some(id) {
        return Ok(Withdrawal::IsOfAnother);
    }
    let account = services.mongo.account_of_repo(did).await?;
    let account = account.ok_or_else(|| {
        Error::Sync(SyncError::Locked { account: did.into(), reason: "no account on the site".into() })
    })?;
    let session = services::session(&services.sessions, &account).await?;
    let _turn = services.turn(&account).await;
    may_go(&account, &record).await?;
    services.pds.delete_record(&session, medium, rkey, record.cid).await?;
    went().await?;
    Ok(Withdrawal::Withdrawn)
}
