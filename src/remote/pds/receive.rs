//! Where the bytes of an answer go while they come: to memory, to a file, or nowhere but into their hash.

use std::path::Path;

use bytes::{Bytes, BytesMut};
use cid::Cid;
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use crate::error::{Error, Result};
use crate::record::BlobRef;

/// Takes the bytes of one answer.
pub(super) struct Sink<'a> {
    to: To<'a>,
    /// More is refused.
    most: u64,
    /// How many have come.
    size: u64,
}

enum To<'a> {
    Memory(BytesMut),
    Hash(Box<Sha256>, Option<(&'a Path, &'a mut File)>),
}

impl<'a> Sink<'a> {
    /// Keeps them in memory.
    pub fn memory(most: u64) -> Self {
        Sink { to: To::Memory(BytesMut::new()), most, size: 0 }
    }

    /// Hashes them, and keeps them in a file if there is one.
    pub fn hash(most: u64, file: Option<(&'a Path, &'a mut File)>) -> Self {
        Sink { to: To::Hash(Box::default(), file), most, size: 0 }
    }

    /// Forgets what came of an answer that broke off.
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

    /// Takes the next bytes; `false` if they are too many.
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

    /// How many bytes have come.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// What came into memory.
    pub fn into_bytes(self) -> Bytes {
        match self.to {
            To::Memory(bytes) => bytes.freeze(),
            To::Hash(..) => Bytes::new(),
        }
    }

    /// What a blob of the bytes is known by, and the bytes that are in memory. A file is then written.
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
