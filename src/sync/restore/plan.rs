//! Plans which records of a backup to restore. Pure, apart from reading both sides.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::error::{Result, SyncError};
use crate::record::{self, Id, Item, Medium, Record};
use crate::remote::mongo::Account;
use crate::remote::pds::{Existing, Head, Write};
use crate::sync::backup::Backup;
use crate::sync::parked::Parked;
use crate::sync::plan::is_known;
use crate::sync::services::Services;
use crate::sync::write::Change;

use super::report::Restored;

/// The current state of a record's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    Empty,
    Other,
    Same,
}

/// A record of the backup to restore under its key.
pub struct SavedRecord {
    pub rkey: String,
    pub record: Record,
    pub slot: Slot,
}

impl SavedRecord {
    /// Counts it by kind.
    pub fn count(&self, counts: &mut Restored) {
        *match self.slot {
            Slot::Empty => &mut counts.create,
            Slot::Other => &mut counts.update,
            Slot::Same => &mut counts.adopt,
        } += 1;
    }
}

impl Change for SavedRecord {
    fn writes(&self) -> Vec<Write> {
        let (rkey, record) = (self.rkey.clone(), self.record.clone());
        match self.slot {
            Slot::Empty => vec![Write::Create { rkey, record }],
            Slot::Other => vec![Write::Update { rkey, record }],
            Slot::Same => Vec::new(),
        }
    }

    fn count_writes(&self) -> usize {
        usize::from(self.slot != Slot::Same)
    }

    fn record(&self) -> Option<&Record> {
        Some(&self.record)
    }
}

/// The plan of a restore, as of one commit.
pub struct RestorePlan {
    pub head: Head,
    pub media: Vec<(Medium, Vec<SavedRecord>)>,
    pub counts: BTreeMap<&'static str, Restored>,
    pub parked: Vec<Parked>,
}

/// Plans a restore.
///
/// # Errors
/// Errors of the servers.
pub async fn plan(services: &Services, account: &Account, backup: &Backup, media: &[Medium]) -> Result<RestorePlan> {
    let did = account.did.as_deref().unwrap_or_default();
    let missing = || SyncError::NoRepo { account: account.name() };
    let current = services.pds.repo(did).await?.ok_or_else(missing)?;
    let at = |record: &Existing| (record.collection.clone(), record.rkey.clone());
    let cids: BTreeMap<_, _> = current.records.iter().map(|record| (at(record), record.cid)).collect();
    let recorded: HashSet<(&str, Id)> = current
        .records
        .iter()
        .filter_map(|record| Some((record.collection.as_str(), record::identity(&record.value)?)))
        .collect();
    let mut plan = RestorePlan { head: current.head(), media: Vec::new(), counts: BTreeMap::new(), parked: Vec::new() };
    for &medium in media {
        let items = services.mongo.items(&account.owner, medium).await?;
        let items: HashMap<Id, Item> = items.items.into_iter().map(|item| (item.id, item)).collect();
        let mut kept = Vec::new();
        let counts = plan.counts.entry(medium.plural()).or_default();
        for record in backup.records.iter().filter(|record| record.medium() == Some(medium)) {
            let id = record::identity(&record.value);
            let item = id.and_then(|id| items.get(&id));
            let slot = match cids.get(&at(record)) {
                None => Slot::Empty,
                Some(cid) if *cid == record.cid => Slot::Same,
                Some(_) => Slot::Other,
            };
            let has_another = slot == Slot::Empty && id.is_some_and(|id| recorded.contains(&(medium.collection(), id)));
            let is_known = slot == Slot::Same && item.is_none_or(|item| is_known(item, &record.rkey));
            let was_taken_back = item.is_some_and(|item| item.nuked) && record.value.get("nuked").is_none();
            if has_another || is_known || was_taken_back {
                counts.skip += 1;
                continue;
            }
            match Record::of_value(medium, record.value.clone()) {
                Ok(value) => {
                    let record = SavedRecord { rkey: record.rkey.clone(), record: value, slot };
                    record.count(counts);
                    kept.push(record);
                }
                Err(violations) => plan.parked.push(parked(medium, &record.rkey, violations.to_string())),
            }
        }
        plan.media.push((medium, kept));
    }
    Ok(plan)
}

/// A record that cannot be restored.
pub fn parked(medium: Medium, rkey: &str, reason: String) -> Parked {
    Parked::with(medium, rkey.into(), rkey.into(), reason)
}
