//! The entries of an archive, by role.

use std::collections::HashSet;

use crate::error::{Error, Result, TapeError};

use super::archive::{Archive, Entry};
use super::names::{FrameNumber, Role, role};

/// The entries of an archive, by role.
#[derive(Default)]
pub struct Contents {
    /// Pictures, in the order of the directory.
    pub frames: Vec<(FrameNumber, Entry)>,
    /// `timing.json`
    pub timing: Option<Entry>,
    /// `soundtrack.wav`
    pub soundtrack: Option<Entry>,
    /// Names of all other entries.
    pub extra: Vec<String>,
    /// Names that occur more than once, all of them among the extra.
    pub twice: Vec<String>,
}

impl Contents {
    /// Sorts the entries, and refuses an archive with two entries for the same role.
    pub fn sort(archive: &Archive) -> Result<Self> {
        const TWO_OF_A_KIND: Error = Error::Tape(TapeError::SameName);
        let mut contents = Contents { twice: archive.twice().to_vec(), ..Contents::default() };
        if contents.twice.iter().any(|name| role(name) != Role::Other) {
            return Err(TWO_OF_A_KIND);
        }
        let mut numbers = HashSet::new();
        for entry in archive.entries() {
            let is_second = match role(&entry.name) {
                Role::Frame(number) => {
                    let is_second = !numbers.insert(number.clone());
                    contents.frames.push((number, entry));
                    is_second
                }
                Role::Timing => contents.timing.replace(entry).is_some(),
                Role::Soundtrack => contents.soundtrack.replace(entry).is_some(),
                Role::Other => {
                    contents.extra.push(entry.name);
                    false
                }
            };
            if is_second {
                return Err(TWO_OF_A_KIND);
            }
        }
        Ok(contents)
    }

    /// The unpacked size of all entries that are read, as declared by the archive and enforced while unpacking.
    pub fn bytes(&self) -> u64 {
        let used = self.frames.iter().map(|(_, entry)| entry).chain(&self.timing).chain(&self.soundtrack);
        used.fold(0, |sum, entry| sum.saturating_add(entry.size))
    }
}
