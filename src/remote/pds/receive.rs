//! Receives the bytes of a response into memory, into a file, or only into their hash.

use std::path::Path;

use bytes::{Bytes, BytesMut};
use cid::Cid;
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use crate::error::{Error, Result};
use crate::record::BlobRef;

/// Takes the bytes of one response.
pub(super) struct Sink<'a> {
    to: To<'a>,
    /// The limit in bytes.
    most: u64,
    /// The number of bytes received.
    size: u64,
}

enum To<'a> {
    Memory(BytesMut),
    Hash(Box<Sha256>, Option<(&'a Path, &'a mut File)>),
}

impl<'a> Sink<'a> {
    /// Keeps the bytes in memory.
    pub fn memory(most: u64) -> Self {
        Sink { to: To::Memory(BytesMut::new()), most, size: 0 }
    }

    /// Hashes the bytes, and writes them to a file if there is one.
    pub fn hash(most: u64, file: Option<(&'a Path, &'a mut File)>) -> Self {
        Sink { to: To::Hash(Box::default(), file), most, size: 0 }
    }

    /// Discards the bytes of an incomplete response.
    pub async fn restart(&mut self) -> Result<()> {
        self.size = 0;
        match &mut self.to {
            To::Memory(bytes) => bytes.clear(),
            To::Hash(hash, file) => {
                **hash = Sha256::new();
                if let Some((path, file)) = file {
                    file.set_len(0).await.map_err(Error::write(path))?;
                    file.rewind().await.map_err(Error::write(path))?;
                }
            }
        }
        Ok(())
    }

    /// Takes the next bytes; `false` if there are too many.
    pub async fn take(&mut self, chunk: &[u8]) -> Result<bool> {
        self.size += chunk.len() as u64;
        if self.size > self.most {
            return Ok(false);
        }
        match &mut self.to {
            To::Memory(bytes) => bytes.extend_from_slice(chunk),
            To::Hash(hash, file) => {
                hash.update(chunk);
                if let Some((path, file)) = file {
                    file.write_all(chunk).await.map_err(Error::write(path))?;
                }
            }
        }
        Ok(true)
    }

    /// The number of bytes received.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The bytes in memory.
    pub fn into_bytes(self) -> Bytes {
        match self.to {
            To::Memory(bytes) => bytes.freeze(),
            To::Hash(..) => Bytes::new(),
        }
    }

    /// The CID of the bytes, and the bytes in memory. A file is then completely written.
    pub async fn into_blob(self) -> Result<(Cid, Bytes)> {
        match self.to {
            To::Memory(bytes) => Ok((BlobRef::of(&bytes, "").cid, bytes.freeze())),
            To::Hash(hash, file) => {
                if let Some((path, file)) = file {
                    file.flush().await.map_err(Error::write(path))?;
                }
                Ok((BlobRef::cid_of(*hash), Bytes::new()))
            }
        }
    }
}
