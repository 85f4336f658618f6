//! Matches records with items.

use std::collections::{HashMap, HashSet};

use crate::record::{self, Id, Item};
use crate::remote::pds::Existing;

/// The records of a repo, by item.
pub struct Matched<'a> {
    by_item: HashMap<Id, Vec<&'a Existing>>,
    /// Records without an item.
    pub orphans: Vec<&'a Existing>,
}

impl<'a> Matched<'a> {
    /// Matches records. Those of `unusable` items are neither matched nor orphans.
    pub fn new(items: &[Item], unusable: &HashSet<Id>, existing: &'a [Existing]) -> Self {
        let ids: HashSet<Id> = items.iter().map(|item| item.id).collect();
        let mut by_key = HashMap::new();
        for item in items {
            for key in [&item.keys.at, &item.keys.atproto].into_iter().flatten() {
                by_key.entry(key.as_str()).or_insert(item.id);
            }
        }
        let mut matched = Matched { by_item: HashMap::new(), orphans: Vec::new() };
        for record in existing {
            let id = match record::identity(&record.value) {
                Some(id) if unusable.contains(&id) => continue,
                Some(id) => Some(id).filter(|id| ids.contains(id)),
                None => by_key.get(record.rkey.as_str()).copied(),
            };
            match id {
                Some(id) => matched.by_item.entry(id).or_default().push(record),
                None => matched.orphans.push(record),
            }
        }
        matched
    }

    /// The records of an item; more than one if there are duplicates.
    pub fn of(&self, item: &Item) -> Vec<&'a Existing> {
        self.by_item.get(&item.id).cloned().unwrap_or_default()
    }
}
