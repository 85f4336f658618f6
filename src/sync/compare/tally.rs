//! The state of items and records, one by one and in total.

use derive_more::AddAssign;
use serde::Serialize;

use crate::sync::plan::Difference;

/// The state of an item and its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The record matches the item, and MongoDB has its key. Also an item that should have no record and has none.
    Identical,
    /// There is no record.
    Missing,
    /// The record differs, or MongoDB lacks its key or complete status.
    Differs,
    /// An additional record of an item that has one.
    Duplicate,
    /// A record whose item is not in MongoDB.
    Orphan,
    /// The record refers to a file that is missing, damaged, or cannot be fetched.
    Broken,
    /// No record can be made for the item.
    Blocked,
}

/// One item or record, and its state.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Its state.
    pub verdict: Verdict,
    /// The item's medium, in the plural.
    pub medium: &'static str,
    /// The item's label; the record's key if there is no item.
    pub label: String,
    /// The record's key, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rkey: Option<String>,
    /// The differences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// Further information.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The number of items and records in each state.
#[derive(AddAssign, Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Items in MongoDB.
    pub items: usize,
    /// Items with the right record.
    pub identical: usize,
    /// Items without one.
    pub missing: usize,
    /// Items with a record that differs.
    pub differs: usize,
    /// Additional records.
    pub duplicate: usize,
    /// Records without an item.
    pub orphan: usize,
    /// Items whose record refers to a missing or damaged file.
    pub broken: usize,
    /// Items for which no record can be made.
    pub blocked: usize,
}

impl Tally {
    /// Whether both sides are identical.
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

    /// This many blocked items.
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
