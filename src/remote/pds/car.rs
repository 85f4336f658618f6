//! CAR, the archive format of repos: a header, then blocks, each with the hash of its bytes.
//!
//! Every block is checked against its CID, so that the result matches the root.

use std::collections::HashMap;
use std::io::Cursor;

use bytes::Bytes;
use cid::Cid;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::error::{Cause, Result};

/// The multihash code of sha-256, the only hash that repos use.
const SHA_256: u64 = 0x12;

/// A repo's blocks, as slices of the CAR's bytes.
#[derive(Debug)]
pub struct Car {
    /// The commit.
    pub root: Cid,
    blocks: HashMap<Cid, Bytes>,
}

#[derive(Deserialize)]
struct Header {
    roots: Vec<Cid>,
    version: u64,
}

impl Car {
    /// Parses and checks a CAR.
    pub fn read(mut bytes: Bytes) -> Result<Car, Cause> {
        let header = section(&mut bytes)?.ok_or("car is empty")?;
        let header: Header = serde_ipld_dagcbor::from_slice(&header)?;
        if header.version != 1 {
            return Err(format!("car has version {}; expected 1", header.version).into());
        }
        let &[root] = header.roots.as_slice() else {
            return Err(format!("car has {} roots; expected 1", header.roots.len()).into());
        };
        let mut blocks = HashMap::new();
        while let Some(section) = section(&mut bytes)? {
            let mut cursor = Cursor::new(&section[..]);
            let cid = Cid::read_bytes(&mut cursor)?;
            let block = section.slice(cursor.position() as usize..);
            if cid.hash().code() != SHA_256 || cid.hash().digest() != Sha256::digest(&block).as_slice() {
                return Err(format!("block {cid} does not match its hash").into());
            }
            blocks.insert(cid, block);
        }
        Ok(Car { root, blocks })
    }

    /// All blocks, in no order.
    pub fn blocks(&self) -> impl Iterator<Item = &[u8]> {
        self.blocks.values().map(|block| &block[..])
    }

    /// A block.
    pub fn block(&self, cid: &Cid) -> Result<&[u8], Cause> {
        self.blocks.get(cid).map(|block| &block[..]).ok_or_else(|| format!("block {cid} is missing").into())
    }
}

/// Splits off a length and that many bytes.
fn section(bytes: &mut Bytes) -> Result<Option<Bytes>, Cause> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let length = varint(bytes)?;
    match usize::try_from(length) {
        Ok(length) if length <= bytes.len() => Ok(Some(bytes.split_to(length))),
        _ => Err(format!("car ends {} bytes into a block of {length}", bytes.len()).into()),
    }
}

/// Splits off a number.
fn varint(bytes: &mut Bytes) -> Result<u64, Cause> {
    let (number, rest) =
        unsigned_varint::decode::u64(bytes).map_err(|_| "car ends within a length, or has an oversized one")?;
    let length = bytes.len() - rest.len();
    let _ = bytes.split_to(length);
    Ok(number)
}
