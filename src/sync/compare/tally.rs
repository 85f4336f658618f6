//! How items and records stand to each other, one by one and in sum.

use derive_more::AddAssign;
use serde::Serialize;

use crate::sync::plan::Difference;

/// How an item and its record stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The record says what the item says, and MongoDB knows its key. Also an item that should have none and has none.
    Identical,
    /// There is no record.
    Missing,
    /// The record says something else, or MongoDB does not know its key or that it is done.
    Differs,
    /// A further record of an item that has one.
    Duplicate,
    /// A record whose item is not in MongoDB.
    Orphan,
    /// The record refers to a file that is not there, is not what it was, or cannot be fetched.
    Broken,
    /// The item cannot be made a record of.
    Blocked,
}

/// One item or record, and how it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// How it stands.
    pub verdict: Verdict,
    /// The item's medium, as its collection in MongoDB is called.
    pub medium: &'static str,
    /// What people call the item; the record's key where there is no item.
    pub label: String,
    /// The record's key, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rkey: Option<String>,
    /// What is different.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// What else there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How many items and records stand how.
#[derive(AddAssign, Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Items in MongoDB.
    pub items: usize,
    /// Items with the right record.
    pub identical: usize,
    /// Items without one.
    pub missing: usize,
    /// Items with another.
    pub differs: usize,
    /// Records too many.
    pub duplicate: usize,
    /// Records without an item.
    pub orphan: usize,
    /// Items whose record refers to a file that is not there.
    pub broken: usize,
    /// Items that no record can be made of.
    pub blocked: usize,
}

impl Tally {
    /// Whether both sides say the same.
    #[must_use]
    pub fn is_identical(&self) -> bool {
        self.identical == self.items && self.duplicate + self.orphan == 0
    }

    /// The numbers with their names.
    #[must_use]
    pub fn columns(&self) -> [(&'static str, usize); 8] {
        let Tally { items, identical, missing, differs, duplicate, orphan, broken, blocked } = *self;
        [
            ("items", items),
            ("identical", identical),
            ("missing", missing),
            ("differs", differs),
            ("duplicate", duplicate),
            ("orphan", orphan),
            ("broken", broken),
            ("blocked", blocked),
        ]
    }

    /// So many items of which nothing can be said.
    #[must_use]
    pub fn blocked(items: usize) -> Self {
        Tally { items, blocked: items, ..Tally::default() }
    }

    /// Counts one more.
    pub fn count(&mut self, verdict: Verdict) {
        let (field, is_item) = match verdict {
            Verdict::Identical => (&mut self.identical, true),
            Verdict::Missing => (&mut self.missing, true),
            Verdict::Differs => (&mut self.differs, true),
            Verdict::Duplicate => (&mut self.duplicate, false),
            Verdict::Orphan => (&mut self.orphan, false),
            Verdict::Broken => (&mut self.broken, true),
            Verdict::Blocked => (&mut self.blocked, true),
        };
        *field += 1;
        self.items += usize::from(is_item);
    }
}
