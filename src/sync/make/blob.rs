//! Bytes that are going to be a blob, and the temporary files that they lie in.

use tempfile::NamedTempFile;

use crate::error::{Error, Result};
use crate::record::BlobRef;

/// Bytes that are going to be a blob. They lie in a file, so that a hundred of them fit into memory.
pub struct Blob {
    /// The bytes.
    pub file: NamedTempFile,
    /// What they will be known as.
    pub reference: BlobRef,
}

impl Blob {
    /// What is in a file.
    pub fn new(file: NamedTempFile, mime_type: &str) -> Result<Self> {
        let bytes = file.reopen().map_err(Error::scratch)?;
        let reference = BlobRef::of_reader(bytes, mime_type).map_err(Error::scratch)?;
        Ok(Blob { file, reference })
    }

    /// These bytes.
    pub fn of(bytes: &[u8], mime_type: &str) -> Result<Self> {
        let file = temporary()?;
        std::fs::write(file.path(), bytes).map_err(Error::scratch)?;
        Ok(Blob { file, reference: BlobRef::of(bytes, mime_type) })
    }
}

pub fn temporary() -> Result<NamedTempFile> {
    NamedTempFile::new().map_err(Error::scratch)
}
