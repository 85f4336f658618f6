//! References to blobs: what a record says about bytes that lie elsewhere.

use std::io::{self, Read};

use cid::Cid;
use cid::multihash::Multihash;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The code of bytes that are nothing but bytes.
const RAW: u64 = 0x55;

/// The code of sha-256 among hashes.
const SHA_256: u64 = 0x12;

/// The largest size that every reader gets right: JavaScript has nothing but doubles.
const MAX_SIZE: u64 = (1 << 53) - 1;

/// A blob as a record refers to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRef {
    /// The hash of its bytes.
    pub cid: Cid,
    /// What the server took it for.
    pub mime_type: String,
    /// Its length in bytes.
    pub size: u64,
}

impl BlobRef {
    /// What the reference to these bytes will be once they are uploaded, if the server agrees about their type.
    #[must_use]
    pub fn of(bytes: &[u8], mime_type: &str) -> Self {
        let cid = cid_of_hash(RAW, Sha256::new_with_prefix(bytes));
        BlobRef { cid, mime_type: mime_type.into(), size: bytes.len() as u64 }
    }

    /// The same for bytes that need not be in memory.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn of_reader(mut reader: impl Read, mime_type: &str) -> io::Result<Self> {
        let mut hash = Sha256::new();
        let size = io::copy(&mut reader, &mut hash)?;
        Ok(BlobRef { cid: cid_of_hash(RAW, hash), mime_type: mime_type.into(), size })
    }

    /// As it is written in a record.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "$type": "blob",
            "ref": { "$link": self.cid.to_string() },
            "mimeType": self.mime_type,
            "size": self.size,
        })
    }

    /// Reads what a record says. `None` for all that a server would not take in a new record, among it the old form of
    /// blobs, which had no size.
    #[must_use]
    pub fn from_json(value: &Value) -> Option<Self> {
        let fields =
            value.as_object().filter(|fields| fields.len() == 4 && fields.get("$type") == Some(&"blob".into()))?;
        let link = fields.get("ref")?.as_object().filter(|link| link.len() == 1)?.get("$link")?;
        let blob = BlobRef {
            cid: Cid::try_from(link.as_str()?).ok()?,
            mime_type: fields.get("mimeType")?.as_str().filter(|name| name.contains('/'))?.into(),
            size: fields.get("size")?.as_u64().filter(|size| *size <= MAX_SIZE)?,
        };
        blob.is_of_bytes().then_some(blob)
    }

    /// Whether the CID is one that blobs have: the sha-256 of raw bytes, in the first version that can say so.
    fn is_of_bytes(&self) -> bool {
        (self.cid.version(), self.cid.codec(), self.cid.hash().code()) == (cid::Version::V1, RAW, SHA_256)
    }
}

/// The CID of what has been hashed.
pub(super) fn cid_of_hash(codec: u64, hash: Sha256) -> Cid {
    let hash = Multihash::wrap(SHA_256, &hash.finalize()).expect("32 bytes fit into 64");
    Cid::new_v1(codec, hash)
}
