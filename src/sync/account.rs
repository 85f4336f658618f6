//! Both sides of one account, and the plan that follows from them.

use std::collections::{BTreeMap, HashSet};

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::error::Result;
use crate::record::{Id, Item, Medium};
use crate::remote::mongo::{Account, Owner, Unusable};
use crate::remote::pds::{Existing, Head};

use super::files;
use super::guard::{Refused, hold_back};
use super::origin::block_strangers;
use super::plan::{Counts, Plan, lacking_recordings};
use super::report::Parked;
use super::{LOOKUPS, Scope, Services};

/// What is to be done for one account.
pub struct AccountPlan {
    /// The account.
    pub account: Account,
    /// What is to be done for each medium.
    pub media: Vec<(Medium, Plan)>,
    /// Where the repo was that this was planned on.
    pub head: Option<Head>,
    /// Items in MongoDB that cannot be read, or that cannot become records.
    pub unusable: Vec<Parked>,
    /// Records that were to go and stay.
    pub refused: Vec<Refused>,
    /// Why nothing can be done at all.
    pub blocked: Option<&'static str>,
}

impl AccountPlan {
    /// How many steps there are of each kind, by medium.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, Counts> {
        let counts = |plan: &Plan| match self.blocked {
            Some(_) => Counts { blocked: plan.steps.len(), ..Counts::default() },
            None => plan.counts(),
        };
        self.media.iter().map(|(medium, plan)| (medium.plural(), counts(plan))).collect()
    }
}

/// Reads both sides of an account and plans. Items that are not `wanted` are left alone.
///
/// The repo is read first: what is made in between has a record that the plan does not know of, and the commit that it
/// was planned on keeps that from being written twice.
///
/// # Errors
/// What the servers say.
pub async fn read(
    services: &Services,
    scope: &Scope,
    account: &Account,
    wanted: impl Fn(Id) -> bool,
) -> Result<AccountPlan> {
    let mut plan = AccountPlan {
        account: account.clone(),
        media: Vec::new(),
        head: None,
        unusable: Vec::new(),
        refused: Vec::new(),
        blocked: None,
    };
    let snapshot = match &account.did {
        Some(did) => services.pds.repo(did).await?,
        None => None,
    };
    plan.blocked = match account.blocked() {
        None if snapshot.is_none() => Some("no such repo on the PDS"),
        blocked => blocked,
    };
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
        if account.owner == Owner::Guest && !medium.has_anonymous() {
            continue;
        }
        let (mut items, mut unusable) = (Vec::new(), HashSet::new());
        for read in services.mongo.items(&account.owner, medium).await? {
            match read {
                Ok(item) => items.push(item),
                Err(Unusable { id, reason }) => {
                    unusable.extend(id.parse::<Id>());
                    plan.unusable.push(Parked { medium, label: id.clone(), id, reason, causes: Vec::new() });
                }
            }
        }
        let existing = existing.remove(&medium).unwrap_or_default();
        let selected = |item: &Item| scope.items.includes(item) && wanted(item.id);
        let recorded = if scope.looks_for_recordings {
            recorded(services, account, &items, &existing).await?
        } else {
            HashSet::new()
        };
        let mut steps = Plan::new(items, &unusable, &existing, &recorded, scope.policy, selected);
        block_strangers(services, &account.owner, &mut steps);
        plan.refused.extend(hold_back(services, &scope.guards, medium, &existing, &mut steps).await?);
        plan.unusable.extend(steps.blocked().map(|(item, reason)| Parked::new(item, reason)));
        plan.media.push((medium, steps));
    }
    // Owners who never made anything are no trouble to anybody.
    if plan.media.iter().all(|(_, steps)| steps.steps.is_empty()) {
        plan.blocked = None;
    }
    Ok(plan)
}

/// The paintings of which a recording is there that their records do not tell of.
async fn recorded(
    services: &Services,
    account: &Account,
    items: &[Item],
    existing: &[Existing],
) -> Result<HashSet<Id>> {
    let looks = lacking_recordings(items, existing).map(|item| async move {
        let found = files::has_recording(services, &account.owner, item).await?;
        Ok(found.then_some(item.id))
    });
    let found = stream::iter(looks).buffer_unordered(LOOKUPS).try_filter_map(|found| std::future::ready(Ok(found)));
    found.try_collect().await
}
