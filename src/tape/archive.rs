//! The ZIP archive: its entries and their bytes. Nothing is ever written to disk by name.
//!
//! Knows nothing about frames or time. Declared sizes are checked against the limits before anything is unpacked, and
//! unpacking stops at the declared size.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use crate::error::{Bound, Error, Result, TapeError};

use super::limits::{Limits, MAX_DIRECTORY_BYTES};

/// The source of a ZIP's bytes.
#[derive(Debug, Clone)]
pub enum Source {
    /// An open file, read with `pread`, so that clones do not interfere.
    File(Arc<File>),
    /// Bytes in memory.
    Memory(Arc<[u8]>),
}

impl Source {
    fn len(&self) -> io::Result<u64> {
        match self {
            Source::File(file) => Ok(file.metadata()?.len()),
            Source::Memory(bytes) => Ok(bytes.len() as u64),
        }
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            Source::File(file) => file.read_at(buffer, offset),
            Source::Memory(bytes) => bytes.get(offset as usize..).unwrap_or_default().read(buffer),
        }
    }
}

impl From<File> for Source {
    fn from(file: File) -> Self {
        Source::File(Arc::new(file))
    }
}

impl From<Vec<u8>> for Source {
    fn from(bytes: Vec<u8>) -> Self {
        Source::Memory(bytes.into())
    }
}

/// One reader's position in a shared source.
#[derive(Debug, Clone)]
struct Cursor {
    source: Source,
    position: u64,
    len: u64,
    /// Bytes that this reader and all its clones may still read.
    ration: Arc<AtomicU64>,
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read_at(buffer, self.position)?;
        let spend = |left: u64| left.checked_sub(count as u64);
        if self.ration.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_err() {
            return Err(io::Error::other(format!("directory is longer than {MAX_DIRECTORY_BYTES} bytes")));
        }
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Cursor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(delta) => self.len.checked_add_signed(delta),
            SeekFrom::Current(delta) => self.position.checked_add_signed(delta),
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// An entry as the archive's directory declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The whole name, never used as a path.
    pub name: String,
    /// Length once unpacked, in bytes. Unpacking more is an error.
    pub size: u64,
    /// Length in the archive, in bytes.
    pub packed: u64,
    /// Checksum of the unpacked bytes. Equal sums do not prove equal bytes.
    pub crc32: u32,
    index: usize,
}

/// An open ZIP. Clones share the directory and the source, and each can read on its own thread.
#[derive(Debug, Clone)]
pub struct Archive {
    zip: ZipArchive<Cursor>,
    bytes: u64,
    twice: Vec<String>,
}

impl Archive {
    /// Reads the directory of a ZIP and refuses one that exceeds the limit or is crafted.
    ///
    /// # Errors
    /// [`TapeError::Archive`] if it is not a ZIP, [`TapeError::Overlap`] for overlapping entries, [`Error::Limit`] for
    /// an archive of too many bytes.
    pub fn open(source: Source, limits: &Limits) -> Result<Self> {
        let len = source.len().map_err(|error| Error::Tape(TapeError::Archive { source: error.into() }))?;
        if len > limits.bytes {
            return Err(Error::Limit {
                what: "archive is".into(),
                value: format!("{len} bytes"),
                limit: format!("{} bytes", limits.bytes),
                bound: Some(Bound::Bytes),
            });
        }
        let unreadable = |error: ZipError| Error::Tape(TapeError::Archive { source: error.into() });
        // The whole directory is kept in memory, and nothing else limits its size.
        let ration = Arc::new(AtomicU64::new(MAX_DIRECTORY_BYTES));
        let cursor = Cursor { source, position: 0, len, ration: ration.clone() };
        let mut zip = ZipArchive::new(cursor.clone()).map_err(unreadable)?;
        ration.store(u64::MAX, Ordering::Relaxed);
        let twice = if zip.has_duplicate_names() {
            names_twice(cursor, zip.central_directory_start()).map_err(|error| unreadable(error.into()))?
        } else {
            Vec::new()
        };
        if zip.has_overlapping_entries().map_err(unreadable)? {
            return Err(Error::Tape(TapeError::Overlap));
        }
        Ok(Archive { zip, bytes: len, twice })
    }

    /// Length of the whole archive.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Names of more than one entry. Only the last entry of each is among the [`Archive::entries`].
    #[must_use]
    pub fn twice(&self) -> &[String] {
        &self.twice
    }

    /// All entries, directories excepted, in the order of the directory.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        (0..self.zip.len()).filter_map(|index| {
            let entry = self.zip.by_index_data(index).ok()?;
            let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
            let (size, packed) = (entry.size(), entry.compressed_size());
            (!entry.is_dir()).then_some(Entry { name, size, packed, crc32: entry.crc32(), index })
        })
    }

    /// A reader of an entry's bytes; it fails at the end if the checksum is wrong.
    ///
    /// # Errors
    /// [`TapeError::Encrypted`], or [`TapeError::PackedBy`] for a compression method that no recorder uses.
    pub fn reader(&mut self, entry: &Entry) -> Result<impl Read + '_> {
        let name = || entry.name.clone();
        if let Ok(data) = self.zip.by_index_data(entry.index) {
            if data.encrypted() {
                return Err(Error::Tape(TapeError::Encrypted { name: name() }));
            }
            if !matches!(data.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
                let method = data.compression().to_string();
                return Err(Error::Tape(TapeError::PackedBy { name: name(), method }));
            }
        }
        self.zip.by_index(entry.index).map_err(|error| match error {
            ZipError::Io(error) => damaged(&entry.name)(error),
            source => Error::Tape(TapeError::Unpack { name: entry.name.clone(), source: source.into() }),
        })
    }

    /// Replaces the contents of `buffer` with the entry's bytes, checksum verified.
    ///
    /// # Errors
    /// [`Error::Limit`] if the entry declares more than `most` bytes, [`TapeError::Lies`] if it unpacks to a length
    /// other than the declared one, [`TapeError::Unpack`] for damaged data, otherwise as [`Archive::reader`].
    pub fn read(&mut self, entry: &Entry, most: u64, buffer: &mut Vec<u8>) -> Result<()> {
        if entry.size > most {
            return Err(Error::Limit {
                what: format!("{} unpacks to", entry.name),
                value: format!("{} bytes", entry.size),
                limit: format!("{most} bytes"),
                bound: None,
            });
        }
        buffer.clear();
        buffer.reserve(entry.size as usize);
        let read = self.reader(entry)?.take(entry.size + 1).read_to_end(buffer);
        let lies = |read: &str| {
            Err(Error::Tape(TapeError::Lies { name: entry.name.clone(), read: read.into(), declared: entry.size }))
        };
        match read {
            Ok(read) if read as u64 == entry.size => Ok(()),
            Ok(read) if read as u64 > entry.size => lies("more"),
            // The checksum is correct, so the entry is not damaged.
            Ok(read) => lies(&read.to_string()),
            Err(error) if error.to_string() == TOO_LONG => lies("more"),
            Err(error) => Err(damaged(&entry.name)(error)),
        }
    }

    /// The first bytes of an entry, up to `count`; the checksum is not verified.
    ///
    /// # Errors
    /// As [`Archive::reader`], and [`TapeError::Unpack`] for damaged data.
    pub fn head(&mut self, entry: &Entry, count: u64) -> Result<Vec<u8>> {
        let mut head = Vec::with_capacity(count as usize);
        self.reader(entry)?.take(count).read_to_end(&mut head).map_err(damaged(&entry.name))?;
        Ok(head)
    }
}

/// The error for a failure to unpack: the entry is damaged, unless the disk could not be read.
pub fn damaged(name: &str) -> impl FnOnce(io::Error) -> Error + '_ {
    move |error| match error.raw_os_error() {
        Some(_) => Error::Tape(TapeError::Archive { source: error.into() }),
        None => Error::Tape(TapeError::Unpack { name: name.into(), source: error.into() }),
    }
}

/// The ZIP reader's message for an entry that unpacks to more than it declares; it has no error kind for that.
const TOO_LONG: &str = "File is larger than its declared uncompressed size";

/// Names that occur more than once in the directory of an archive, which starts at `start`; the ZIP reader keeps only
/// the last entry of each.
fn names_twice(mut from: Cursor, start: u64) -> io::Result<Vec<String>> {
    const HEADER: usize = 46;
    let mut directory = Vec::new();
    from.seek(SeekFrom::Start(start))?;
    from.take(MAX_DIRECTORY_BYTES).read_to_end(&mut directory)?;
    let (mut rest, mut seen, mut twice) = (&directory[..], HashSet::new(), Vec::new());
    while let Some((header, behind)) =
        rest.split_at_checked(HEADER).filter(|(header, _)| header.starts_with(b"PK\x01\x02"))
    {
        let length = |at: usize| usize::from(u16::from_le_bytes([header[at], header[at + 1]]));
        let Some((name, behind)) = behind.split_at_checked(length(28)) else { break };
        if !seen.insert(name) {
            twice.push(String::from_utf8_lossy(name).into_owned());
        }
        rest = behind.get(length(30) + length(32)..).unwrap_or_default();
    }
    twice.dedup();
    Ok(twice)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An entry outside of any archive, to test code that only uses names.
    pub fn entry(name: &str) -> Entry {
        Entry { name: name.into(), size: 0, packed: 0, crc32: 0, index: 0 }
    }
}
