//! Reads one item and its record, without the rest of the repo, and makes its plan.

use std::collections::HashSet;

use crate::error::{Error, RemoteError, Result};
use crate::record::{self, Id, Item};
use crate::remote::mongo::{Account, Found};
use crate::remote::pds::{Existing, RepoStatus};
use crate::sync::make::has_recording;
use crate::sync::parked::Parked;
use crate::sync::plan::{AccountPlan, MediumPlan, lacking_recordings};
use crate::sync::policy::Policy;
use crate::sync::services::Services;

use super::account::{ownerless_items, ownerless_reason};
use super::origin::block_strangers;

/// Reads one item's record and makes a plan for it alone. The record is looked up under the key in MongoDB, then under
/// the key it would get: the first one derived from the item that no other record has. A record under a third key is
/// not found here, but by the plan of the whole account.
///
/// # Errors
/// Errors of the servers.
pub async fn read_item(services: &Services, account: &Account, found: &Found, policy: Policy) -> Result<AccountPlan> {
    let (item, medium) = (&found.item, found.item.medium());
    let mut plan = AccountPlan::of(account, account.blocked());
    if let Some(reason) = ownerless_reason(account, medium) {
        let (withheld, ownerless) = ownerless_items([item.clone()].into_iter(), reason);
        plan.blocked = None;
        plan.has_ownerless = !ownerless.is_empty();
        plan.unusable = ownerless;
        plan.media.push((medium, withheld));
        return Ok(plan);
    }
    plan.doubts.extend(found.doubt.as_ref().map(|doubt| Parked::doubted(item, doubt)));
    let existing = match &account.did {
        Some(did) => match records(services, did, item).await {
            Err(Error::Remote(RemoteError::Refused { status: 400, .. })) if plan.blocked.is_none() => {
                plan.blocked = Some(repo_is(services.pds.repo_status(did).await?));
                Vec::new()
            }
            records => records?,
        },
        None => Vec::new(),
    };
    let mut recorded = HashSet::new();
    if lacking_recordings(std::slice::from_ref(item), &existing).next().is_some()
        && has_recording(services, &account.owner, item).await?
    {
        recorded.insert(item.id);
    }
    let mut steps = MediumPlan::new(vec![item.clone()], &HashSet::new(), &existing, &recorded, policy, |_| true);
    // They belong to other items, which have their own plans.
    steps.orphans.clear();
    block_strangers(services, &account.owner, &mut steps);
    plan.media.push((medium, steps));
    Ok(plan)
}

/// The records under the item's possible keys; the last is its own, if it has one.
async fn records(services: &Services, did: &str, item: &Item) -> Result<Vec<Existing>> {
    let collection = item.medium().collection();
    let mut looked: Vec<String> = Vec::new();
    let mut records = Vec::new();
    for key in [&item.keys.at, &item.keys.atproto].into_iter().flatten() {
        if looked.contains(key) {
            continue;
        }
        looked.push(key.clone());
        let record = match services.pds.get_record(did, collection, key).await {
            // Not a valid key.
            Err(Error::Remote(RemoteError::Malformed { .. })) => continue,
            record => record?,
        };
        if let Some(record) = record {
            let is_own = belongs_to(&record, item.id).unwrap_or(true);
            records.push(record);
            if is_own {
                return Ok(records);
            }
        }
    }
    for key in record::candidates(item.id, item.when).map(|tid| tid.to_string()) {
        if looked.contains(&key) {
            // No record, or another item's record.
            if records.iter().any(|record| record.rkey == key) {
                continue;
            }
            break;
        }
        let Some(record) = services.pds.get_record(did, collection, &key).await? else { break };
        let is_own = belongs_to(&record, item.id) == Some(true);
        records.push(record);
        if is_own {
            break;
        }
    }
    Ok(records)
}

/// Whether a record names that item; `None` for an old record that names none.
fn belongs_to(record: &Existing, id: Id) -> Option<bool> {
    record::identity(&record.value).map(|named| named == id)
}

/// Why no record can be read, by the state of the repo.
fn repo_is(status: RepoStatus) -> &'static str {
    match status {
        RepoStatus::Missing => "no such repo on the PDS",
        RepoStatus::Active => "records cannot be read on the PDS",
        RepoStatus::Inactive(status) => match status.as_deref() {
            Some("deactivated") => "deactivated on the PDS",
            Some("takendown") => "taken down on the PDS",
            Some("suspended") => "suspended on the PDS",
            _ => "inactive on the PDS",
        },
    }
}
