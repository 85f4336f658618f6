//! Guards against deletions because the other side merely looks empty.

use std::collections::HashMap;

use crate::error::Result;
use crate::record::{self, Id, Medium};
use crate::remote::pds::Existing;
use crate::sync::parked::Refused;
use crate::sync::plan::MediumPlan;
use crate::sync::policy::Guards;
use crate::sync::services::Services;

/// Refuses the deletion of records without an item, unless the items are certainly gone, and few. Returns the refused
/// ones. An item that has another owner by now is not gone.
///
/// # Errors
/// If the database cannot be read.
pub async fn hold_back(
    services: &Services,
    guards: &Guards,
    medium: Medium,
    existing: &[Existing],
    plan: &mut MediumPlan,
) -> Result<Option<Refused>> {
    if plan.gone.is_empty() {
        return Ok(None);
    }
    let identities: HashMap<&str, Id> =
        existing.iter().filter_map(|record| Some((record.rkey.as_str(), record::identity(&record.value)?))).collect();
    let ids: Vec<Id> = plan.gone.iter().filter_map(|rkey| identities.get(rkey.as_str()).copied()).collect();
    let absence = services.mongo.absence(medium, &ids).await?;
    let is_gone = |rkey: &String| identities.get(rkey.as_str()).is_some_and(|id| !absence.present.contains(id));
    let (gone, stays): (Vec<_>, Vec<_>) = std::mem::take(&mut plan.gone).into_iter().partition(is_gone);
    plan.orphans.extend(stays);
    let (records, all, name) = (gone.len(), existing.len(), medium.plural());
    let most = guards.most_of(all);
    let reason = if !absence.is_primary {
        Some(format!("{records} {name} have no item, but the mongodb server is not the primary"))
    } else if absence.is_empty {
        Some(format!("{records} {name} have no item, but mongodb holds no {name} at all"))
    } else if records > most {
        Some(format!("{records} of {all} {name} have no item; the limit on deletions is {most}"))
    } else {
        None
    };
    let Some(reason) = reason else {
        plan.gone = gone;
        return Ok(None);
    };
    plan.orphans.extend(gone);
    let is_too_many = absence.is_primary && !absence.is_empty;
    Ok(Some(Refused { medium: medium.name(), records, reason, is_too_many }))
}
