//! Keys for the records of items that have none yet.

use std::collections::{HashMap, HashSet};

use crate::record::{self, Id, Item, Tid};
use crate::remote::pds::Existing;

/// The keys that are given out, and those that are taken.
pub struct Keys {
    /// The same for these items whatever is in the repo, so that two runs agree.
    assigned: HashMap<Id, Tid>,
    taken: HashSet<String>,
}

impl Keys {
    /// The keys of all items of an account and medium; some have a record already.
    pub fn new(items: &[Item], existing: &[Existing]) -> Self {
        let assigned = record::assign(items.iter().map(|item| (item.id, item.when)));
        let taken = existing.iter().map(|record| record.rkey.clone()).collect();
        Keys { assigned, taken }
    }

    /// The item's own key, or the next that is nobody's if a stranger's record has it.
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
                .expect("candidates do not end")
        };
        self.taken.insert(key.clone());
        key
    }
}
