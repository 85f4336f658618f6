//! Assigns keys to the records of items that have none yet.

use std::collections::{HashMap, HashSet};

use crate::record::{self, Id, Item, Tid};
use crate::remote::pds::Existing;

/// The assigned keys and the taken ones.
pub struct Keys {
    /// Independent of the contents of the repo, so that two runs agree.
    assigned: HashMap<Id, Tid>,
    taken: HashSet<String>,
}

impl Keys {
    /// The keys for all items of an account and medium, some of which have a record already.
    pub fn new(items: &[Item], existing: &[Existing]) -> Self {
        let assigned = record::assign(items.iter().map(|item| (item.id, item.when)));
        let taken = existing.iter().map(|record| record.rkey.clone()).collect();
        Keys { assigned, taken }
    }

    /// The item's own key, or the next free one if an unrelated record has it.
    pub fn take(&mut self, item: &Item) -> String {
        let own = self.assigned[&item.id].to_string();
        let is_free = |key: &String| !self.taken.contains(key);
        let key = if is_free(&own) {
            own
        } else {
            let others: HashSet<String> = self.assigned.values().map(ToString::to_string).collect();
            record::candidates(item.id, item.when)
                .map(|tid| tid.to_string())
                .find(|key| is_free(key) && !others.contains(key))
                .expect("candidates never end")
        };
        self.taken.insert(key.clone());
        key
    }
}
