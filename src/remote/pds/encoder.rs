//! Repos made in code, as the protocol's specification says, for tests to read.

use std::collections::BTreeMap;

use bytes::Bytes;
use cid::Cid;
use cid::multihash::Multihash;
use ipld_core::ipld::Ipld;
use sha2::{Digest, Sha256};

const DAG_CBOR: u64 = 0x71;
const SHA_256: u64 = 0x12;

/// Records by their path: `collection/rkey`.
pub type Records = BTreeMap<String, Ipld>;

fn map<const FIELDS: usize>(fields: [(&str, Ipld); FIELDS]) -> Ipld {
    Ipld::Map(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn link(cid: Option<Cid>) -> Ipld {
    cid.map_or(Ipld::Null, Ipld::Link)
}

/// A CAR in the making.
#[derive(Default)]
struct Blocks(BTreeMap<Cid, Vec<u8>>);

impl Blocks {
    fn add(&mut self, value: &Ipld) -> Cid {
        let bytes = serde_ipld_dagcbor::to_vec(value).unwrap();
        let cid = Cid::new_v1(DAG_CBOR, Multihash::wrap(SHA_256, &Sha256::digest(&bytes)).unwrap());
        self.0.insert(cid, bytes);
        cid
    }

    /// The subtree with these entries, all of layers up to `layer`.
    fn tree(&mut self, entries: &[(&str, Cid)], layer: u32) -> Option<Cid> {
        if entries.is_empty() {
            return None;
        }
        let own = |entry: &(&str, Cid)| layer_of(entry.0) == layer;
        let mut parts = entries.split(own);
        let below = layer.saturating_sub(1);
        let left = parts.next().and_then(|part| self.tree(part, below));
        let mut nodes = Vec::new();
        let mut previous = "";
        for ((key, value), part) in entries.iter().copied().filter(own).zip(parts) {
            let shared = key.bytes().zip(previous.bytes()).take_while(|(one, other)| one == other).count();
            nodes.push(map([
                ("p", Ipld::Integer(shared as i128)),
                ("k", Ipld::Bytes(key.as_bytes()[shared..].into())),
                ("v", Ipld::Link(value)),
                ("t", link(self.tree(part, below))),
            ]));
            previous = key;
        }
        Some(self.add(&map([("l", link(left)), ("e", Ipld::List(nodes))])))
    }
}

/// How deep a key lies: the leading zeros of its hash, in twos.
fn layer_of(key: &str) -> u32 {
    let hash = Sha256::digest(key);
    let first = u64::from_be_bytes(hash[..8].try_into().unwrap());
    first.leading_zeros() / 2
}

/// A repo as it travels, and its commit.
pub fn repo(did: &str, records: &Records) -> (Bytes, Cid) {
    let mut blocks = Blocks::default();
    let entries: Vec<_> = records.iter().map(|(path, value)| (path.as_str(), blocks.add(value))).collect();
    let top = entries.iter().map(|(key, _)| layer_of(key)).max().unwrap_or_default();
    let empty = map([("l", Ipld::Null), ("e", Ipld::List(Vec::new()))]);
    let data = blocks.tree(&entries, top).unwrap_or_else(|| blocks.add(&empty));
    let commit = blocks.add(&map([
        ("did", Ipld::String(did.into())),
        ("version", Ipld::Integer(3)),
        ("data", Ipld::Link(data)),
        ("rev", Ipld::String("3m3aaaaaaaa2a".into())),
        ("prev", Ipld::Null),
        ("sig", Ipld::Bytes(vec![7; 64])),
    ]));
    let header = map([("roots", Ipld::List(vec![Ipld::Link(commit)])), ("version", Ipld::Integer(1))]);
    let mut car = section(&serde_ipld_dagcbor::to_vec(&header).unwrap());
    for (cid, block) in &blocks.0 {
        car.extend(section(&[&cid.to_bytes()[..], block].concat()));
    }
    (car.into(), commit)
}

/// Bytes after their length.
fn section(bytes: &[u8]) -> Vec<u8> {
    let mut section = Vec::new();
    let mut length = bytes.len();
    while length >= 0x80 {
        section.push(length as u8 | 0x80);
        length >>= 7;
    }
    section.push(length as u8);
    section.extend(bytes);
    section
}
