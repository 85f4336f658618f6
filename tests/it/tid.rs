//! Keys of records: no two items share one, and nothing but the items decides which they have.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use telecine::record::{Id, Tid, assign, candidates};

const ID: &str = "68f2a1b2c3d4e5f60718293a";

/// 2025-10-17T16:53:20.012Z
const WHEN: i64 = 1_760_720_000_012;

fn ids() -> impl Strategy<Value = Id> {
    any::<[u8; 12]>().prop_map(Id)
}

#[test]
fn a_tid_is_written_as_the_specification_says() {
    // Those of the specification's own test files.
    for text in ["3jzfcijpj2z2a", "7777777777777", "3zzzzzzzzzzzz", "2222222222222", "jzzzzzzzzzzzz"] {
        assert_eq!(text.parse::<Tid>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "3jzfcijpj2z21",
        "0000000000000",
        "3JZFCIJPJ2Z2A",
        "3jzfcijpj2z2aa",
        "3jzfcijpj2z2",
        "3jzf-cij-pj2z-2a",
        "zzzzzzzzzzzzz",
        "kjzfcijpj2z2a",
        "3jzfcijpj2zü",
    ] {
        assert!(text.parse::<Tid>().is_err(), "{text}");
    }
}

#[test]
fn keys_never_change_from_one_version_to_the_next() {
    let key = |when| candidates(ID.parse().unwrap(), when).next().unwrap().to_string();
    assert_eq!(
        [key(WHEN), key(0), key(-1), key(i64::MAX)],
        ["3m3fqd4go3d4j", "222222222ed4j", "222222222ed4j", "bzzzzzzzyg34j"]
    );
    let second = candidates(ID.parse().unwrap(), WHEN).nth(1).unwrap();
    assert_eq!(second.to_string(), "3m3fqd4gocqk6");
}

proptest! {
    #[test]
    fn a_tid_reads_back_as_what_it_was_and_sorts_as_its_text(
        one in ids(), other in ids(), times in any::<[i64; 2]>(),
    ) {
        let key = |id, when| candidates(id, when).next().unwrap();
        let (one, other) = (key(one, times[0]), key(other, times[1]));
        let pattern = regex::Regex::new("^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$").unwrap();
        prop_assert!(pattern.is_match(&one.to_string()));
        prop_assert_eq!(one.to_string().parse::<Tid>(), Ok(one));
        prop_assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()));
    }

    #[test]
    fn keys_sort_as_the_times_of_their_items(
        one in ids(), other in ids(), times in any::<[u32; 2]>(),
    ) {
        let key = |id, when: u32| candidates(id, when.into()).next().unwrap();
        if times[0] < times[1] {
            prop_assert!(key(one, times[0]) < key(other, times[1]));
        }
        prop_assert_eq!(key(one, times[0]).milliseconds(), i64::from(times[0]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_thousand_items_of_one_millisecond_have_a_key_each_whatever_their_order(
        (ids, shuffled) in prop::collection::hash_set(ids(), 1000).prop_flat_map(|ids| {
            let ids: Vec<_> = ids.into_iter().collect();
            (Just(ids.clone()), Just(ids).prop_shuffle())
        }),
        when in prop_oneof![Just(WHEN), any::<i64>()],
    ) {
        let keys = assign(ids.iter().map(|&id| (id, when)));
        prop_assert_eq!(keys.values().collect::<HashSet<_>>().len(), 1000);
        let expected = candidates(ids[0], when).next().unwrap().milliseconds();
        prop_assert!(keys.values().all(|key| key.milliseconds() == expected));
        prop_assert_eq!(assign(shuffled.into_iter().map(|id| (id, when))), keys);
    }
}

#[test]
fn items_that_draw_the_same_key_take_turns_in_the_order_of_their_ids() {
    // Among this number of items in one millisecond, some get the same.
    let ids: Vec<_> =
        (0_u32..20_000).map(|number| Id(std::array::from_fn(|at| number.to_be_bytes()[at % 4]))).collect();
    let (mut first, mut later) = (HashMap::new(), HashMap::new());
    for &id in &ids {
        if let Some(earlier) = first.insert(candidates(id, WHEN).next().unwrap(), id) {
            later.insert(id, earlier);
        }
    }
    assert!(!later.is_empty(), "no two draw the same");
    let keys = assign(ids.iter().rev().map(|&id| (id, WHEN)));
    assert_eq!(keys.values().collect::<HashSet<_>>().len(), ids.len());
    for (id, earlier) in later {
        assert!(earlier < id);
        assert_ne!(keys[&id], candidates(id, WHEN).next().unwrap());
    }
}

#[test]
fn keys_of_other_times_do_not_depend_on_one_another() {
    let ids: Vec<_> = (0..100).map(|number| Id([number; 12])).collect();
    let all = assign(ids.iter().map(|&id| (id, WHEN + i64::from(id.0[0] / 2))));
    for id in ids {
        assert_eq!(assign([(id, WHEN + i64::from(id.0[0] / 2))])[&id], all[&id]);
    }
}
