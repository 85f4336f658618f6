//! Reads both sides of one account, and makes its plan.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::error::{Error, RemoteError, Result};
use crate::record::{Id, Item, Medium};
use crate::remote::mongo::{Account, Doubt, Inventory, Owner};
use crate::remote::pds::{Existing, Snapshot};
use crate::sync::make::{LOOKUPS, has_recording};
use crate::sync::parked::Parked;
use crate::sync::plan::{AccountPlan, Action, MediumPlan, Step, lacking_recordings};
use crate::sync::scope::{Items, Scope};
use crate::sync::services::Services;

use super::guard::hold_back;
use super::origin::block_strangers;

/// Reads both sides of an account and makes its plan. Items that are not `wanted` are left alone.
///
/// The repo is read first: an item made in between may have a record that the plan does not know, and the swap on the
/// planned commit prevents a second one.
///
/// # Errors
/// Errors of the servers.
pub async fn read(
    services: &Services,
    scope: &Scope,
    account: &Account,
    wanted: &(dyn Fn(Id) -> bool + Sync),
) -> Result<AccountPlan> {
    let (snapshot, blocked) = repo(services, account).await?;
    let mut plan = AccountPlan::of(account, blocked);
    let mut existing: BTreeMap<Medium, Vec<Existing>> = BTreeMap::new();
    if let Some(snapshot) = snapshot {
        plan.head = Some(snapshot.head());
        for record in snapshot.records {
            if let Some(medium) = record.medium() {
                existing.entry(medium).or_default().push(record);
            }
        }
    }
    for &medium in &scope.media {
        let Inventory { items, unusable, doubts } = services.mongo.items(&account.owner, medium).await?;
        let selected = |item: &Item| scope.items.includes(item) && wanted(item.id);
        let unread = unusable.iter().filter(|unusable| scope.items.includes_unusable(unusable));
        plan.unusable.extend(unread.map(|unusable| Parked::unusable(medium, unusable)));
        if let Some(reason) = ownerless_reason(account, medium) {
            let (withheld, ownerless) = ownerless_items(items.into_iter().filter(selected), reason);
            plan.has_ownerless |= !ownerless.is_empty();
            plan.unusable.extend(ownerless);
            plan.media.push((medium, withheld));
            continue;
        }
        let doubtful: HashMap<Id, Doubt> = doubts.into_iter().map(|doubt| (doubt.id, doubt)).collect();
        let doubted =
            items.iter().filter(|item| selected(item)).filter_map(|item| Some((item, doubtful.get(&item.id)?)));
        plan.doubts.extend(doubted.map(|(item, doubt)| Parked::doubted(item, doubt)));
        let unusable = unusable.iter().filter_map(|unusable| unusable.id.parse().ok()).collect();
        let existing = existing.remove(&medium).unwrap_or_default();
        let recorded = if scope.looks_for_recordings {
            recorded(services, account, &items, &existing).await?
        } else {
            HashSet::new()
        };
        let mut steps = MediumPlan::new(items, &unusable, &existing, &recorded, scope.policy, selected);
        block_strangers(services, &account.owner, &mut steps);
        plan.refused.extend(hold_back(services, &scope.guards, medium, &existing, &mut steps).await?);
        plan.media.push((medium, steps));
    }
    plan.forgive_idle();
    Ok(plan)
}

/// An account's repo, and the reason if it is blocked.
async fn repo(services: &Services, account: &Account) -> Result<(Option<Snapshot>, Option<&'static str>)> {
    // Reported for each item instead.
    if let Owner::Nobody(_) = account.owner {
        return Ok((None, None));
    }
    let Some(did) = &account.did else { return Ok((None, account.blocked())) };
    match services.pds.repo(did).await {
        Ok(None) => Ok((None, account.blocked().or(Some("no such repo on the PDS")))),
        Ok(snapshot) => Ok((snapshot, account.blocked())),
        Err(Error::Remote(RemoteError::Away { status })) => Ok((None, Some(status))),
        Err(error) => Err(error),
    }
}

/// Why items of that medium cannot belong to the account's owner, if they cannot.
pub fn ownerless_reason(account: &Account, medium: Medium) -> Option<&'static str> {
    match account.owner {
        Owner::Nobody(unnamed) => Some(unnamed.reason()),
        Owner::Guest if !medium.has_anonymous() => Some("user is missing"),
        _ => None,
    }
}

/// The plan for items without an owner: nuked ones need no record, the others are blocked.
pub fn ownerless_items(items: impl Iterator<Item = Item>, reason: &str) -> (MediumPlan, Vec<Parked>) {
    let (withheld, blocked): (Vec<_>, Vec<_>) = items.partition(|item| item.nuked);
    let step = |item| Step { item, action: Action::Withhold, duplicates: Vec::new() };
    let plan = MediumPlan { steps: withheld.into_iter().map(step).collect(), ..MediumPlan::default() };
    (plan, blocked.iter().map(|item| Parked::new(item, reason)).collect())
}

/// The number of items in each medium in scope, for an account that could not be read.
pub async fn count(services: &Services, scope: &Scope, account: &Account) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    if scope.items == Items::All {
        for &medium in &scope.media {
            // If MongoDB has failed, that failure is reported already.
            if let Ok(count) = services.mongo.count(&account.owner, medium).await {
                counts.insert(medium.plural(), count as usize);
            }
        }
    }
    counts
}

/// The paintings with a recording that their records do not mention.
async fn recorded(
    services: &Services,
    account: &Account,
    items: &[Item],
    existing: &[Existing],
) -> Result<HashSet<Id>> {
    let lacking: Vec<_> = lacking_recordings(items, existing).cloned().collect();
    let looks = stream::iter(lacking).map(|item| async move {
        let found = has_recording(services, &account.owner, &item).await?;
        Ok(found.then_some(item.id))
    });
    let found = looks.buffer_unordered(LOOKUPS).try_filter_map(|found| std::future::ready(Ok(found)));
    found.try_collect().await
}
