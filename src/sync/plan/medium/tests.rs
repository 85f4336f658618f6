//! Tests of the plan for each state of both sides.

use serde_json::json;

use super::*;
use crate::record::{BlobRef, Id, StoredKeys, TapeForm};

fn mood(number: u8, text: &str) -> Item {
    let content = Content::Mood { text: text.into() };
    Item { id: Id([number; 12]), when: 1_700_000_000_000, keys: StoredKeys::default(), nuked: false, content }
}

fn tape(number: u8) -> Item {
    let (slug, code) = ("slug".into(), format!("c{number}"));
    let content = Content::Tape { slug, code, bucket: None, form: TapeForm::Zip, status: None };
    Item { content, ..mood(number, "") }
}

fn painting(number: u8) -> Item {
    let content = Content::Painting { slug: "one:two".into(), code: format!("c{number}"), bucket: None };
    Item { content, ..mood(number, "") }
}

fn files() -> Files {
    Files {
        thumbnail: Some(BlobRef::of(b"small", "image/jpeg")),
        video: Some(BlobRef::of(b"long", "video/mp4")),
        has_recording: true,
        zip_url: Some("https://example.org/tape.zip".into()),
    }
}

/// The record of an item as a sync writes it.
fn record(rkey: &str, item: &Item, files: &Files) -> Existing {
    let record = record::build(item, files).unwrap();
    Existing {
        collection: item.medium().collection().into(),
        rkey: rkey.into(),
        cid: record.cid(),
        value: record.into_value(),
    }
}

/// The default policy of a sync.
const FLAG: Policy = Policy { nuked: Nuked::Flag, orphans: Orphans::Report };

fn known(mut item: Item, rkey: &str) -> Item {
    item.keys.atproto = Some(rkey.into());
    if let Content::Tape { status, .. } = &mut item.content {
        item.keys.at = Some(rkey.into());
        *status = Some("complete".into());
    }
    item
}

fn plan_of(items: Vec<Item>, existing: &[Existing], policy: Policy) -> MediumPlan {
    MediumPlan::new(items, &HashSet::new(), existing, &HashSet::new(), policy, |_| true)
}

fn plan(items: Vec<Item>, existing: &[Existing]) -> MediumPlan {
    plan_of(items, existing, FLAG)
}

fn action(item: Item, existing: &[Existing]) -> Action {
    plan(vec![item], existing).steps.remove(0).action
}

#[test]
fn an_item_without_a_record_gets_one_under_its_own_key() {
    let item = mood(1, "hello");
    let rkey = record::assign([(item.id, item.when)])[&item.id].to_string();
    assert_eq!(action(item, &[]), Action::Create { rkey });
}

#[test]
fn a_record_that_says_the_same_is_kept_and_one_that_mongodb_does_not_know_is_adopted() {
    let item = mood(1, "hello");
    let existing = [record("somewhere", &item, &Files::default())];
    let (rkey, cid, files) = ("somewhere".to_owned(), existing[0].cid, Files::default());
    assert_eq!(action(item.clone(), &existing), Action::Adopt { rkey: rkey.clone(), cid, files: files.clone() });
    assert_eq!(action(known(item, "somewhere"), &existing), Action::Keep { rkey, cid, files });
}

#[test]
fn a_record_that_says_something_else_is_updated_where_it_is() {
    let existing = [record("somewhere", &mood(1, "before"), &Files::default())];
    let (rkey, cid, files) = ("somewhere".into(), existing[0].cid, Files::default());
    let changed = |field: &str| {
        let (is, should_be) = (Some(json!("before")), Some(json!("after")));
        Difference { field: field.into(), is, should_be }
    };
    let differences = ["mood", "text"].map(changed).to_vec();
    let expected = Action::Update { rkey, cid, files, differences };
    assert_eq!(action(known(mood(1, "after"), "somewhere"), &existing), expected);
}

#[test]
fn a_tape_is_known_only_when_both_of_its_places_say_so_and_its_status_too() {
    let existing = [record("somewhere", &tape(1), &files())];
    let complete = known(tape(1), "somewhere");
    assert!(matches!(action(complete.clone(), &existing), Action::Keep { .. }));
    let mut lacks_place = complete.clone();
    lacks_place.keys.at = None;
    assert!(matches!(action(lacks_place, &existing), Action::Adopt { .. }));
    let mut lacks_status = complete;
    if let Content::Tape { status, .. } = &mut lacks_status.content {
        *status = Some("oven-failed".into());
    }
    assert!(matches!(action(lacks_status, &existing), Action::Adopt { .. }));
}

#[test]
fn a_record_that_lacks_a_file_is_updated_and_keeps_the_files_it_has() {
    let mut existing = [record("somewhere", &tape(1), &files())];
    existing[0].value.as_object_mut().unwrap().remove("video");
    let step = plan(vec![tape(1)], &existing).steps.remove(0);
    assert_eq!(step.missing_files(), MissingFiles { video: true, ..MissingFiles::default() });
    assert!(matches!(step.action, Action::Update { files: kept, .. } if kept.thumbnail == files().thumbnail));
}

#[test]
fn old_records_are_found_by_mongo_id_or_by_their_key() {
    let item = known(mood(1, "hello"), "somewhere");
    let old = json!({ "$type": "computer.aesthetic.mood", "mood": "hello", "mongoId": item.id.to_string() });
    let nameless = json!({ "$type": "computer.aesthetic.mood", "mood": "hello" });
    let cid = BlobRef::of(b"", "any/thing").cid;
    for (rkey, value) in [("elsewhere", old), ("somewhere", nameless)] {
        let existing = [Existing { collection: Medium::Mood.collection().into(), rkey: rkey.into(), cid, value }];
        let plan = plan(vec![item.clone()], &existing);
        assert!(matches!(&plan.steps[0].action, Action::Update { rkey: found, .. } if found == rkey));
        assert!(plan.orphans.is_empty());
    }
}

#[test]
fn a_recording_that_old_records_do_not_tell_of_is_told_once_it_is_found() {
    let item = known(painting(1), "somewhere");
    let silent = Files { video: None, has_recording: false, ..files() };
    let existing = [record("somewhere", &item, &silent)];
    let lacking = |existing: &[Existing]| lacking_recordings(std::slice::from_ref(&item), existing).count();
    assert_eq!(lacking(&existing), 1);
    assert!(matches!(action(item.clone(), &existing), Action::Keep { .. }));
    let recorded = HashSet::from([item.id]);
    let step =
        MediumPlan::new(vec![item.clone()], &HashSet::new(), &existing, &recorded, FLAG, |_| true).steps.remove(0);
    assert!(!step.missing_files().any());
    let Action::Update { files, .. } = step.action else { panic!("{:?}", step.action) };
    assert!(files.has_recording);
    assert_eq!(lacking(&[record("somewhere", &item, &files)]), 0);
}

#[test]
fn of_several_records_the_complete_one_stays_else_the_known_one_else_the_oldest() {
    let kept = |item: Item, existing: &[Existing]| {
        let step = plan(vec![item], existing).steps.remove(0);
        let mut all: Vec<_> = existing.iter().map(|record| record.rkey.clone()).collect();
        all.retain(|rkey| !step.duplicates.contains(rkey));
        assert_eq!(step.duplicates.len(), existing.len() - 1);
        all.remove(0)
    };
    let mut tapes = ["a", "b", "c"].map(|rkey| record(rkey, &tape(1), &files()));
    assert_eq!(kept(tape(1), &tapes), "a");
    assert_eq!(kept(known(tape(1), "c"), &tapes), "c");
    for incomplete in [0, 2] {
        tapes[incomplete].value.as_object_mut().unwrap().remove("video");
    }
    assert_eq!(kept(known(tape(1), "c"), &tapes), "b");
}

#[test]
fn records_of_nobody_are_orphans() {
    let existing =
        [record("a", &mood(1, "hello"), &Files::default()), record("b", &mood(2, "gone"), &Files::default())];
    let items = || vec![mood(1, "hello")];
    assert_eq!(plan(items(), &existing).orphans, ["b"]);
    assert!(plan(items(), &existing).gone.is_empty());
}

#[test]
fn orphans_go_if_that_is_wanted_and_they_say_whose_they_were() {
    let gone = record("b", &mood(2, "gone"), &Files::default());
    let mut strange = record("c", &mood(3, "never ours"), &Files::default());
    strange.value.as_object_mut().unwrap().remove("ref");
    let policy = Policy { orphans: Orphans::Delete, ..FLAG };
    let plan = plan_of(vec![mood(1, "hello")], &[gone, strange], policy);
    assert_eq!((plan.gone.clone(), plan.orphans.clone()), (vec!["b".to_owned()], vec!["c".to_owned()]));
    assert_eq!(plan.counts(), Counts { create: 1, withdraw: 1, orphan: 1, ..Counts::default() });
    let mut limited = plan;
    limited.limit(1);
    assert_eq!(limited.counts(), Counts { create: 1, orphan: 2, ..Counts::default() });
}

#[test]
fn records_of_items_that_cannot_be_read_are_left_alone() {
    let unreadable = mood(2, "cannot be read now");
    let existing = [record("b", &unreadable, &Files::default())];
    let policy = Policy { orphans: Orphans::Delete, ..FLAG };
    let unusable = HashSet::from([unreadable.id]);
    let plan = MediumPlan::new(vec![mood(1, "hello")], &unusable, &existing, &HashSet::new(), policy, |_| true);
    assert_eq!((plan.gone, plan.orphans), (Vec::new(), Vec::new()));
}

#[test]
fn what_was_taken_back_is_flagged_or_withheld_as_one_likes() {
    let nuked = |existing: &[Existing], nuked| {
        let item = Item { nuked: true, ..painting(1) };
        plan_of(vec![item], existing, Policy { nuked, ..FLAG }).steps.remove(0).action
    };
    assert!(matches!(nuked(&[], Nuked::Flag), Action::Create { .. }));
    assert_eq!(nuked(&[], Nuked::Withhold), Action::Withhold);
    let existing = [record("a", &painting(1), &Files { video: None, ..files() })];
    assert!(matches!(nuked(&existing, Nuked::Flag), Action::Update { .. }));
    assert_eq!(nuked(&existing, Nuked::Withhold), Action::Withdraw { rkey: "a".into(), cid: existing[0].cid });
}

#[test]
fn a_mood_that_was_deleted_never_has_a_record() {
    let item = Item { nuked: true, ..mood(1, "hello") };
    assert_eq!(action(item.clone(), &[]), Action::Withhold);
    let existing = [record("a", &mood(1, "hello"), &Files::default())];
    assert_eq!(action(item, &existing), Action::Withdraw { rkey: "a".into(), cid: existing[0].cid });
}

#[test]
fn what_no_lexicon_takes_is_blocked_before_anything_is_tried() {
    let long = mood(1, &"x".repeat(5_001));
    assert!(matches!(action(long, &[]), Action::Block { .. }));
}

#[test]
fn keys_are_the_same_whatever_is_read_first_and_whatever_is_selected() {
    let items: Vec<_> = (0..200).map(|number| mood(number, "at once")).collect();
    let keys = |items: Vec<Item>, selected: fn(&Item) -> bool| {
        let plan = MediumPlan::new(items, &HashSet::new(), &[], &HashSet::new(), FLAG, selected);
        let mut keys: Vec<_> = plan.steps.into_iter().map(|step| (step.item.id, step.action)).collect();
        keys.sort_by_key(|(id, _)| *id);
        keys
    };
    let all = keys(items.clone(), |_| true);
    assert_eq!(keys(items.iter().rev().cloned().collect(), |_| true), all);
    let some = keys(items, |item| item.id.0[0] % 7 == 3);
    assert!(some.iter().all(|key| all.contains(key)));
}

#[test]
fn a_key_that_a_stranger_has_taken_is_passed_over() {
    let item = mood(1, "hello");
    let own = record::assign([(item.id, item.when)])[&item.id].to_string();
    let stranger = record(&own, &mood(2, "me first"), &Files::default());
    let next = record::candidates(item.id, item.when).nth(1).unwrap().to_string();
    assert_eq!(action(item, &[stranger]), Action::Create { rkey: next });
}

#[test]
fn a_limit_puts_off_work_and_nothing_else() {
    let items: Vec<_> = (0..5).map(|number| mood(number, "hello")).collect();
    let existing = [record("a", &items[1], &Files::default())];
    let mut plan = plan(vec![items[0].clone(), known(items[1].clone(), "a"), items[2].clone()], &existing);
    plan.limit(1);
    assert_eq!(plan.counts(), Counts { create: 1, skip: 1, ..Counts::default() });
}
