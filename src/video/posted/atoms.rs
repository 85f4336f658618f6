//! Parses boxes. Whatever the input, at most a fixed number of boxes is read.

use std::ops::Range;

use crate::error::{Error, Result, VideoError};

/// The most boxes in a file: an hour in fragments of a tenth of a second.
const MOST_BOXES: u32 = 1 << 16;

/// The number of boxes that may still be read.
#[derive(Debug)]
pub struct Budget(u32);

impl Default for Budget {
    fn default() -> Self {
        Budget(MOST_BOXES)
    }
}

impl Budget {
    /// Counts a box.
    ///
    /// # Errors
    /// If there are too many.
    pub fn spend(&mut self) -> Result<()> {
        self.0 = self.0.checked_sub(1).ok_or_else(|| refused(format!("has more than {MOST_BOXES} boxes")))?;
        Ok(())
    }
}

/// A box at the top of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopBox {
    /// Four letters.
    pub name: [u8; 4],
    /// Its place, header included.
    pub range: Range<u64>,
    /// The length of its header.
    pub header: u64,
}

/// The error for a posted video that cannot be published.
pub fn refused(what: impl Into<String>) -> Error {
    Error::Video(VideoError::Posted { what: what.into() })
}

/// A box, without its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Atom<'a> {
    /// Four letters.
    pub name: [u8; 4],
    /// Its content.
    pub body: &'a [u8],
}

/// The boxes that these bytes consist of.
///
/// # Errors
/// If they are malformed or too many.
pub fn atoms<'a>(mut bytes: &'a [u8], budget: &mut Budget) -> Result<Vec<Atom<'a>>> {
    let mut atoms = Vec::new();
    // QuickTime ends some lists of boxes with zeros.
    while bytes.len() >= 8 || bytes.iter().any(|byte| *byte != 0) {
        budget.spend()?;
        let torn = || refused("has malformed boxes");
        let head: [u8; 8] = bytes.get(..8).and_then(|head| head.try_into().ok()).ok_or_else(torn)?;
        let name = [head[4], head[5], head[6], head[7]];
        let (length, header) = match u32::from_be_bytes([head[0], head[1], head[2], head[3]]) {
            0 if name == [0; 4] => break,
            0 => (bytes.len() as u64, 8),
            1 => {
                let long = bytes.get(8..16).and_then(|long| long.try_into().ok()).ok_or_else(torn)?;
                (u64::from_be_bytes(long), 16)
            }
            length => (u64::from(length), 8),
        };
        let length = usize::try_from(length).map_err(|_| torn())?;
        let body = bytes.get(header..length).ok_or_else(torn)?;
        atoms.push(Atom { name, body });
        bytes = &bytes[length..];
    }
    Ok(atoms)
}

/// The only box of that name.
pub fn find<'a>(atoms: &[Atom<'a>], name: [u8; 4]) -> Option<&'a [u8]> {
    atoms.iter().find(|atom| atom.name == name).map(|atom| atom.body)
}

/// The only box of that name.
///
/// # Errors
/// If there is none.
pub fn need<'a>(atoms: &[Atom<'a>], name: [u8; 4]) -> Result<&'a [u8]> {
    find(atoms, name).ok_or_else(|| refused(format!("has no box {}", self::name(name))))
}

/// A box with that content.
pub fn boxed(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    // The whole index is far below four gigabytes.
    [&(body.len() as u32 + 8).to_be_bytes()[..], &name, body].concat()
}

/// A name for people.
pub fn name(name: [u8; 4]) -> String {
    String::from_utf8_lossy(&name).trim().escape_debug().to_string()
}

/// Two bytes as a number.
pub fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

/// Four bytes as a number.
pub fn long(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(bytes: &[u8]) -> Result<Vec<String>> {
        Ok(atoms(bytes, &mut Budget::default())?.into_iter().map(|atom| name(atom.name)).collect())
    }

    #[test]
    fn boxes_of_every_form_of_length_are_found() {
        let long = [&1_u32.to_be_bytes()[..], b"wide", &20_u64.to_be_bytes(), b"body"].concat();
        let open = [&[0; 4][..], b"last", b"to the end"].concat();
        let bytes = [boxed(*b"free", b""), long, open].concat();
        assert_eq!(names(&bytes).unwrap(), ["free", "wide", "last"]);
        assert_eq!(names(&[boxed(*b"free", b""), vec![0; 4]].concat()).unwrap(), ["free"]);
        assert_eq!(names(&[boxed(*b"free", b""), vec![0; 8]].concat()).unwrap(), ["free"]);
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        let huge = [&1_u32.to_be_bytes()[..], b"huge", &u64::MAX.to_be_bytes()].concat();
        let short = [&1_u32.to_be_bytes()[..], b"tiny", &15_u64.to_be_bytes()].concat();
        for bytes in
            [&b"\0\0\0\x07free"[..], b"\0\0\0\x09free", b"\0\0\0\x02free", b"free", b"\0\0\0\x01free", &huge, &short]
        {
            assert!(names(bytes).is_err(), "{}", bytes.escape_ascii());
        }
        let many = boxed(*b"free", b"").repeat(MOST_BOXES as usize + 1);
        assert_eq!(names(&many).unwrap_err().to_string(), "posted video has more than 65536 boxes");
    }
}
