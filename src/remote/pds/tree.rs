//! Reads a repo's tree (MST), from a commit to the keys and hashes of its records.

use cid::Cid;
use serde::Deserialize;

use super::car::Car;
use crate::error::{Cause, Result};

/// Maximum depth of a tree. A tree with a record for every atom on Earth has half as many levels: each takes two bits
/// of a hash.
const MOST_DEPTH: usize = 128;

/// The state of a repo: its DID, its revision, and the root of its tree.
#[derive(Debug, Deserialize)]
pub struct Commit {
    pub did: String,
    /// The CID of the commit for repos of version 2, which had no revision.
    #[serde(default)]
    pub rev: String,
    pub version: u64,
    data: Cid,
}

#[derive(Deserialize)]
struct Node<'a> {
    /// The subtree before the first entry.
    l: Option<Cid>,
    #[serde(borrow)]
    e: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    /// The length of the prefix shared with the previous key.
    p: usize,
    /// The rest of the key.
    #[serde(borrow)]
    k: &'a [u8],
    v: Cid,
    /// The subtree between this entry and the next.
    t: Option<Cid>,
}

/// A record's place and hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    pub collection: String,
    pub rkey: String,
    pub cid: Cid,
}

impl Commit {
    /// Reads the commit of a CAR.
    pub fn read(car: &Car) -> Result<Commit, Cause> {
        let mut commit: Commit = serde_ipld_dagcbor::from_slice(car.block(&car.root)?)?;
        if commit.rev.is_empty() {
            commit.rev = car.root.to_string();
        }
        match commit.version {
            2 | 3 => Ok(commit),
            version => Err(format!("repo has version {version}; expected 3").into()),
        }
    }

    /// The records of collections with this `prefix`, in the order of their keys.
    pub fn records(&self, car: &Car, prefix: &str) -> Result<Vec<Leaf>, Cause> {
        let mut walk = Walk { car, prefix, last: Vec::new(), found: Vec::new() };
        walk.visit(&self.data, MOST_DEPTH)?;
        Ok(walk.found)
    }
}

/// A walk through the tree, from its first key to its last.
struct Walk<'a> {
    car: &'a Car,
    prefix: &'a str,
    /// The previous key. Since each key must be greater, a few blocks that refer to each other repeatedly cannot
    /// produce an astronomical number of keys.
    last: Vec<u8>,
    found: Vec<Leaf>,
}

impl Walk<'_> {
    fn visit(&mut self, node: &Cid, depth: usize) -> Result<(), Cause> {
        let deeper = depth.checked_sub(1).ok_or("its tree is deeper than a tree can be")?;
        let node: Node<'_> = serde_ipld_dagcbor::from_slice(self.car.block(node)?)?;
        if let Some(before) = &node.l {
            self.visit(before, deeper)?;
        }
        let mut key = Vec::new();
        for entry in &node.e {
            if entry.p > key.len() {
                return Err(format!("a key takes {} bytes from one of {}", entry.p, key.len()).into());
            }
            key.truncate(entry.p);
            key.extend_from_slice(entry.k);
            if key <= self.last {
                return Err("its keys are not in order".into());
            }
            self.last.clone_from(&key);
            let (collection, rkey) = std::str::from_utf8(&key)?.split_once('/').ok_or("a key has no slash")?;
            if collection.starts_with(self.prefix) {
                self.found.push(Leaf { collection: collection.into(), rkey: rkey.into(), cid: entry.v });
            }
            if let Some(after) = &entry.t {
                self.visit(after, deeper)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
