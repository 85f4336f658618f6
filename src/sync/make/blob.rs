//! Future blobs, and their temporary files.

use tempfile::NamedTempFile;

use crate::error::{Error, Result};
use crate::record::BlobRef;

/// A future blob. Its bytes are in a file, so that a hundred of them fit into memory.
pub struct Blob {
    /// The file.
    pub file: NamedTempFile,
    /// The reference to the future blob.
    pub reference: BlobRef,
}

impl Blob {
    /// The contents of a file.
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
