//! References to blobs: a record's description of bytes that are stored elsewhere.

use std::io::{self, Read};

use cid::Cid;
use cid::multihash::Multihash;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The multicodec of raw bytes.
const RAW: u64 = 0x55;

/// The multihash code of sha-256.
const SHA_256: u64 = 0x12;

/// The largest size that every reader represents exactly: JavaScript has only doubles.
const MAX_SIZE: u64 = (1 << 53) - 1;

/// A blob as a record refers to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRef {
    /// The hash of its bytes.
    pub cid: Cid,
    /// Its MIME type according to the server.
    pub mime_type: String,
    /// Its length in bytes.
    pub size: u64,
}

impl BlobRef {
    /// The reference to these bytes once they are uploaded, if the server agrees on their type.
    #[must_use]
    pub fn of(bytes: &[u8], mime_type: &str) -> Self {
        let cid = cid_of_hash(RAW, Sha256::new_with_prefix(bytes));
        BlobRef { cid, mime_type: mime_type.into(), size: bytes.len() as u64 }
    }

    /// The same for bytes from a reader.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn of_reader(mut reader: impl Read, mime_type: &str) -> io::Result<Self> {
        let mut hash = Sha256::new();
        let size = io::copy(&mut reader, &mut hash)?;
        Ok(BlobRef { cid: cid_of_hash(RAW, hash), mime_type: mime_type.into(), size })
    }

    /// The CID of a blob whose bytes have been hashed.
    #[must_use]
    pub fn cid_of(hash: Sha256) -> Cid {
        cid_of_hash(RAW, hash)
    }

    /// Its form in a record.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "$type": "blob",
            "ref": { "$link": self.cid.to_string() },
            "mimeType": self.mime_type,
            "size": self.size,
        })
    }

    /// Reads a reference from a record. `None` for any form that a server would reject in a new record, including the
    /// old form without a size.
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

    /// Whether the CID is valid for blobs: version 1, raw bytes, sha-256.
    fn is_of_bytes(&self) -> bool {
        (self.cid.version(), self.cid.codec(), self.cid.hash().code()) == (cid::Version::V1, RAW, SHA_256)
    }
}

/// The CID of hashed bytes.
pub(super) fn cid_of_hash(codec: u64, hash: Sha256) -> Cid {
    let hash = Multihash::wrap(SHA_256, &hash.finalize()).expect("32 bytes fit into 64");
    Cid::new_v1(codec, hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cids_are_those_that_servers_compute() {
        // By the reference implementation, multiformats in JavaScript.
        for (bytes, cid) in [
            ("", "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"),
            ("a video", "bafkreib5xzj2fxsdd7voujittjxkl23qkyu5h62bsgastacg26gvllfqku"),
        ] {
            let blob = BlobRef::of(bytes.as_bytes(), "video/mp4");
            assert_eq!((blob.cid.to_string(), blob.size), (cid.into(), bytes.len() as u64));
            assert_eq!(BlobRef::of_reader(bytes.as_bytes(), "video/mp4").unwrap(), blob);
        }
    }

    #[test]
    fn a_reference_reads_back_as_what_it_was() {
        let blob = BlobRef::of(b"bytes", "image/png");
        assert_eq!(BlobRef::from_json(&blob.to_json()), Some(blob));
    }

    #[test]
    fn what_is_no_reference_is_not_taken_for_one() {
        let blob = BlobRef::of(b"bytes", "image/png");
        let with = |name: &str, value: Value| {
            let mut json = blob.to_json();
            json[name] = value;
            json
        };
        let link = |cid: &str| json!({ "$link": cid });
        for json in [
            json!(null),
            json!("bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"),
            json!({ "cid": blob.cid.to_string(), "mimeType": "image/png" }),
            with("$type", json!("image")),
            with("more", json!(1)),
            with("size", json!("5")),
            with("size", json!(-1)),
            with("size", json!(1.5)),
            with("size", json!(1_u64 << 53)),
            with("mimeType", json!(null)),
            with("mimeType", json!("png")),
            with("ref", json!(blob.cid.to_string())),
            with("ref", link("")),
            with("ref", json!({ "$link": blob.cid.to_string(), "x": 1 })),
            // DAG-CBOR, not raw; and the first version, which could not tell.
            with("ref", link("bafyreifwhoxwir6miuja6tu47yjk2f47uetd3k3kqbrrzszwntc3vi4vgi")),
            with("ref", link("QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n")),
        ] {
            assert_eq!(BlobRef::from_json(&json), None, "{json}");
        }
    }
}
