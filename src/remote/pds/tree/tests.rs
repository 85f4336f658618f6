//! Repos written by an encoder of the tests' own, whole and damaged.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use cid::multihash::Multihash;
use ipld_core::ipld;
use ipld_core::ipld::Ipld;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;

/// The codes of DAG-CBOR and of SHA-256.
const DAG_CBOR: u64 = 0x71;
const SHA_256: u64 = 0x12;

/// A CAR in the making.
#[derive(Default)]
struct Builder {
    blocks: Vec<u8>,
}

impl Builder {
    fn block(&mut self, value: &Ipld) -> Cid {
        let bytes = serde_ipld_dagcbor::to_vec(value).unwrap();
        let cid = Cid::new_v1(DAG_CBOR, Multihash::wrap(SHA_256, &Sha256::digest(&bytes)).unwrap());
        section(&mut self.blocks, &[cid.to_bytes(), bytes].concat());
        cid
    }

    /// A node of these entries: how much of the key before, the rest, and the subtree behind.
    fn node(&mut self, before: Option<Cid>, entries: &[(usize, &[u8], Option<Cid>)]) -> Cid {
        let value = self.block(&ipld!({ "text": "a record" }));
        let link = |cid: Option<Cid>| cid.map_or(Ipld::Null, Ipld::Link);
        let entries = entries.iter().map(|(prefix, rest, after)| {
            let fields = [
                ("p".to_owned(), Ipld::Integer(*prefix as i128)),
                ("k".into(), Ipld::Bytes(rest.to_vec())),
                ("t".into(), link(*after)),
                ("v".into(), Ipld::Link(value)),
            ];
            Ipld::Map(BTreeMap::from(fields))
        });
        let fields = [("e".to_owned(), Ipld::List(entries.collect())), ("l".into(), link(before))];
        self.block(&Ipld::Map(BTreeMap::from(fields)))
    }

    /// A tree of these keys. Its shape is any and not the one that hashes would give it, for reading is the same.
    fn tree(&mut self, keys: &[String], shape: &mut impl Iterator<Item = usize>) -> Option<Cid> {
        if keys.is_empty() {
            return None;
        }
        let mut rest = &keys[shape.next().unwrap_or(0) % keys.len()..];
        let before = self.tree(&keys[..keys.len() - rest.len()], shape);
        let mut entries: Vec<(usize, &[u8], Option<Cid>)> = Vec::new();
        let mut last = "";
        while let [key, behind @ ..] = rest {
            let (below, further) = behind.split_at(shape.next().unwrap_or(0) % (behind.len() + 1));
            let common = key.bytes().zip(last.bytes()).take_while(|(one, other)| one == other).count();
            entries.push((common, &key.as_bytes()[common..], self.tree(below, shape)));
            (last, rest) = (key, further);
        }
        Some(self.node(before, &entries))
    }

    fn finish(self, data: Cid) -> Vec<u8> {
        let rev = ("rev".into(), Ipld::String("3kaaaaaaaaa2a".into()));
        self.finish_with(data, [("version".into(), Ipld::Integer(3)), rev])
    }

    /// With a commit that has these fields besides.
    fn finish_with(mut self, data: Cid, more: [(String, Ipld); 2]) -> Vec<u8> {
        let fields = [("did".to_owned(), Ipld::String("did:plc:x".into())), ("data".into(), Ipld::Link(data))];
        let fields = fields.into_iter().chain(more);
        let root = self.block(&Ipld::Map(fields.collect()));
        let header = BTreeMap::from([
            ("roots".to_owned(), Ipld::List(vec![Ipld::Link(root)])),
            ("version".into(), Ipld::Integer(1)),
        ]);
        let mut car = Vec::new();
        section(&mut car, &serde_ipld_dagcbor::to_vec(&Ipld::Map(header)).unwrap());
        car.extend(self.blocks);
        car
    }
}

/// A length, seven bits in a byte, and as many bytes.
fn section(car: &mut Vec<u8>, bytes: &[u8]) {
    let mut length = bytes.len();
    while length > 0x7f {
        car.push(length as u8 | 0x80);
        length >>= 7;
    }
    car.push(length as u8);
    car.extend_from_slice(bytes);
}

fn read(car: &[u8]) -> Result<Vec<String>, String> {
    let read = || {
        let car = Car::read(Bytes::copy_from_slice(car))?;
        Commit::read(&car)?.records(&car, "")
    };
    let leaves = read().map_err(|error: Cause| error.to_string())?;
    Ok(leaves.into_iter().map(|leaf| format!("{}/{}", leaf.collection, leaf.rkey)).collect())
}

fn repos() -> impl Strategy<Value = (Vec<String>, Vec<u8>)> {
    let keys = proptest::collection::btree_set("computer\\.aesthetic\\.(mood|tape)/[2-7a-z]{1,5}", 1..60);
    let shape = proptest::collection::vec(0_usize..40, 0..200);
    (keys, shape).prop_map(|(keys, shape): (BTreeSet<String>, Vec<usize>)| {
        let keys: Vec<_> = keys.into_iter().collect();
        let mut builder = Builder::default();
        let data = builder.tree(&keys, &mut shape.into_iter()).unwrap();
        (keys, builder.finish(data))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_tree_gives_its_keys_in_order((keys, car) in repos()) {
        prop_assert_eq!(read(&car), Ok(keys));
    }

    #[test]
    fn a_damaged_repo_is_refused_or_was_not_damaged_where_it_counts(
        (keys, mut car) in repos(),
        place in any::<prop::sample::Index>(),
        bits in 1_u8..,
    ) {
        *place.get_mut(&mut car) ^= bits;
        if let Ok(found) = read(&car) {
            prop_assert_eq!(found, keys);
        }
    }

    #[test]
    fn a_repo_that_ends_early_is_refused((_, car) in repos(), place in any::<prop::sample::Index>()) {
        // The commit is the last block.
        prop_assert!(read(&car[..place.index(car.len())]).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(read(&bytes).is_err());
    }
}

#[test]
fn only_the_collections_asked_for_are_found() {
    let mut builder = Builder::default();
    let data = builder.node(None, &[(0, b"app.bsky.feed.post/1", None), (0, b"computer.aesthetic.mood/1", None)]);
    let car = Car::read(builder.finish(data).into()).unwrap();
    let leaves = Commit::read(&car).unwrap().records(&car, "computer.").unwrap();
    assert_eq!(leaves.iter().map(|leaf| leaf.rkey.as_str()).collect::<Vec<_>>(), ["1"]);
}

#[test]
fn an_old_commit_without_a_revision_is_read() {
    let mut builder = Builder::default();
    let empty = builder.node(None, &[]);
    let old = [("version".into(), Ipld::Integer(2)), ("prev".into(), Ipld::Null)];
    let car = Car::read(builder.finish_with(empty, old).into()).unwrap();
    let commit = Commit::read(&car).unwrap();
    assert_eq!((commit.rev.clone(), commit.version), (car.root.to_string(), 2));
    assert!(commit.records(&car, "").unwrap().is_empty());
}

#[test]
fn what_no_tree_looks_like_is_refused() {
    let refused = |make: &dyn Fn(&mut Builder) -> Cid| {
        let mut builder = Builder::default();
        let data = make(&mut builder);
        read(&builder.finish(data)).unwrap_err()
    };
    let not_in_order = "its keys are not in order";
    assert_eq!(refused(&|builder| builder.node(None, &[(0, b"b/1", None), (0, b"a/1", None)])), not_in_order);
    assert_eq!(refused(&|builder| builder.node(None, &[(0, b"a/1", None), (3, b"", None)])), not_in_order);
    assert_eq!(refused(&|builder| builder.node(None, &[(0, b"a", None)])), "a key has no slash");
    assert_eq!(refused(&|builder| builder.node(None, &[(9, b"a/1", None)])), "a key takes 9 bytes from one of 0");
    let deep = |builder: &mut Builder| {
        let mut node = builder.node(None, &[(0, b"a/1", None)]);
        for _ in 0..MOST_DEPTH {
            node = builder.node(Some(node), &[]);
        }
        node
    };
    assert_eq!(refused(&deep), "its tree is deeper than a tree can be");
    // Each level refers to the one below twice: 2^100 keys in 100 blocks.
    let again_and_again = |builder: &mut Builder| {
        let mut node = builder.node(None, &[(0, b"a/1", None)]);
        for _ in 0..100 {
            node = builder.node(Some(node), &[(0, b"b/1", Some(node))]);
        }
        node
    };
    assert_eq!(refused(&again_and_again), not_in_order);
}
