//! The plan for one medium of an account: a step per item.

use std::collections::HashSet;

use serde_json::Value;

use crate::record::{self, Content, Files, Id, Item, Medium};
use crate::remote::pds::Existing;
use crate::sync::policy::{Nuked, Orphans, Policy};

use super::counts::Counts;
use super::difference::{Difference, differences};
use super::keys::Keys;
use super::matching::Matched;
use super::missing::MissingFiles;
use super::step::{Action, Step};

/// The plan for one medium of an account.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MediumPlan {
    /// One step per item.
    pub steps: Vec<Step>,
    /// Keys of records without an item in MongoDB that are kept.
    pub orphans: Vec<String>,
    /// Keys of records without an item in MongoDB that will be deleted.
    pub gone: Vec<String>,
}

impl MediumPlan {
    /// Plans all items of one medium of an account.
    ///
    /// `items` must be complete, because keys depend on each other; `selected` decides which of them to process.
    /// `unusable` are invalid items, whose records are left alone. `recorded` are paintings with a recording that their
    /// record does not mention.
    #[must_use]
    pub fn new(
        items: Vec<Item>,
        unusable: &HashSet<Id>,
        existing: &[Existing],
        recorded: &HashSet<Id>,
        policy: Policy,
        selected: impl Fn(&Item) -> bool,
    ) -> MediumPlan {
        let matched = Matched::new(&items, unusable, existing);
        let mut keys = Keys::new(&items, existing);
        let mut steps = Vec::with_capacity(items.len());
        for item in items {
            let records = matched.of(&item);
            let rkey = records.is_empty().then(|| keys.take(&item));
            if selected(&item) {
                let is_recorded = recorded.contains(&item.id);
                steps.push(step(item, &records, rkey, is_recorded, policy.nuked));
            }
        }
        let (gone, orphans) = match policy.orphans {
            Orphans::Report => (Vec::new(), matched.orphans),
            Orphans::Delete => {
                matched.orphans.into_iter().partition(|record| record::identity(&record.value).is_some())
            }
        };
        let rkeys = |records: Vec<&Existing>| records.into_iter().map(|record| record.rkey.clone()).collect();
        MediumPlan { steps, orphans: rkeys(orphans), gone: rkeys(gone) }
    }

    /// Drops all but the first `limit` steps with work, and deletions beyond the limit.
    pub fn limit(&mut self, limit: usize) {
        let mut left = limit;
        self.steps.retain(|step| {
            let keep = !step.has_work() || left > 0;
            left -= usize::from(step.has_work() && left > 0);
            keep
        });
        self.orphans.extend(self.gone.split_off(left.min(self.gone.len())));
    }

    /// Blocked items and their reasons.
    pub fn blocked(&self) -> impl Iterator<Item = (&Item, &str)> {
        self.steps.iter().filter_map(|step| match &step.action {
            Action::Block { reason } => Some((&step.item, reason.as_str())),
            _ => None,
        })
    }

    /// The number of steps of each kind.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { orphan: self.orphans.len(), withdraw: self.gone.len(), ..Counts::default() };
        for step in &self.steps {
            counts.duplicate += step.duplicates.len();
            match step.action {
                Action::Create { .. } => counts.create += 1,
                Action::Update { .. } => counts.update += 1,
                Action::Adopt { .. } => counts.adopt += 1,
                Action::Withdraw { .. } => counts.withdraw += 1,
                Action::Keep { .. } | Action::Withhold => counts.skip += 1,
                Action::Block { .. } => counts.blocked += 1,
            }
        }
        counts
    }
}

/// Items with a recording that their record does not mention: old records were made without checking.
pub fn lacking_recordings<'a>(items: &'a [Item], existing: &[Existing]) -> impl Iterator<Item = &'a Item> {
    let silent = existing.iter().filter(|record| record.value.get("recordingUrl").is_none());
    let silent: HashSet<Id> = silent.filter_map(|record| record::identity(&record.value)).collect();
    items.iter().filter(move |item| match &item.content {
        Content::Painting { slug, .. } => slug.contains(':') && silent.contains(&item.id),
        _ => false,
    })
}

fn step(item: Item, records: &[&Existing], rkey: Option<String>, is_recorded: bool, nuked: Nuked) -> Step {
    // Users expect deleted moods to disappear.
    let withheld = item.nuked && (nuked == Nuked::Withhold || item.medium() == Medium::Mood);
    let Some(kept) = best(&item, records) else {
        let action = match rkey {
            Some(rkey) if !withheld => match refusal(&item, &Files::default()) {
                Some(reason) => Action::Block { reason },
                None => Action::Create { rkey },
            },
            _ => Action::Withhold,
        };
        return Step { item, action, duplicates: Vec::new() };
    };
    let others = records.iter().filter(|record| record.rkey != kept.rkey);
    let duplicates = others.map(|record| record.rkey.clone()).collect();
    let rkey = kept.rkey.clone();
    let action = if withheld {
        Action::Withdraw { rkey, cid: kept.cid }
    } else {
        let mut files = Files::of_record(&kept.value);
        files.has_recording |= is_recorded;
        if let Some(reason) = refusal(&item, &files) {
            Action::Block { reason }
        } else if let Some(differences) = outdated(&item, &files, &kept.value) {
            Action::Update { rkey, cid: kept.cid, files, differences }
        } else if is_known(&item, &rkey) {
            Action::Keep { rkey, cid: kept.cid, files }
        } else {
            Action::Adopt { rkey, cid: kept.cid, files }
        }
    };
    Step { item, action, duplicates }
}

/// Why no record can be made for the item, as far as known without its files.
fn refusal(item: &Item, files: &Files) -> Option<String> {
    let has_all = !MissingFiles::of(item, files).any();
    has_all.then(|| record::build(item, files).err()).flatten().map(|violations| violations.to_string())
}

/// The differences to the record that would be written today; `None` if it is up to date.
fn outdated(item: &Item, files: &Files, value: &Value) -> Option<Vec<Difference>> {
    let missing = MissingFiles::of(item, files);
    let found = if missing.any() {
        let lacks = |field: &&str| Difference { field: (*field).into(), is: None, should_be: None };
        missing.fields().iter().map(lacks).collect()
    } else {
        record::build(item, files).map_or(Vec::new(), |record| differences(value, record.value()))
    };
    (!found.is_empty()).then_some(found)
}

/// The record to keep of several: one with all files, otherwise the one whose key MongoDB has, otherwise the oldest.
fn best<'a>(item: &Item, records: &[&'a Existing]) -> Option<&'a Existing> {
    records.iter().copied().min_by_key(|record| {
        let is_incomplete = MissingFiles::of(item, &Files::of_record(&record.value)).any();
        (is_incomplete, !is_known(item, &record.rkey), &record.rkey)
    })
}

/// Whether MongoDB has all data on the item's record.
#[must_use]
pub fn is_known(item: &Item, rkey: &str) -> bool {
    let is = |stored: &Option<String>| stored.as_deref() == Some(rkey);
    match &item.content {
        Content::Tape { status, .. } => {
            is(&item.keys.atproto) && is(&item.keys.at) && status.as_deref() == Some("complete")
        }
        _ => is(&item.keys.atproto),
    }
}

#[cfg(test)]
mod tests;
