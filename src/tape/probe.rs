//! A first check of every frame by its header.

use crate::error::{Bound, Error, Result, TapeError};
use crate::picture;

use super::archive::{Archive, Entry};
use super::damage::Damage;
use super::limits::{Limits, MAX_SIDE};

/// The size of a frame, if its header is readable.
type Size = Option<(u32, u32)>;

/// Reads the header of every frame. Returns the frames that are not pictures, and the sizes of the others.
pub fn frames(archive: &mut Archive, frames: &[Entry], limits: &Limits) -> Result<(Damage, Vec<Size>)> {
    let damage = Damage::of(frames.len());
    let mut sizes = Vec::with_capacity(frames.len());
    for (index, entry) in frames.iter().enumerate() {
        let size = match frame(archive, entry, limits) {
            Ok(size) => Some(size),
            Err(error) if error.is_flaw() => {
                damage.note(index, &error);
                None
            }
            Err(error) => return Err(error),
        };
        sizes.push(size);
    }
    Ok((damage, sizes))
}

fn frame(archive: &mut Archive, entry: &Entry, limits: &Limits) -> Result<(u32, u32)> {
    let wrong = |what: &str| Error::Tape(TapeError::Picture { name: entry.name.clone(), source: what.into() });
    let head = archive.head(entry, picture::PROBE_BYTES)?;
    let (_, width, height) = match picture::probe(&head) {
        Some(found) => found,
        None if head.is_empty() => return Err(wrong("empty")),
        None => return Err(wrong("neither PNG nor WebP")),
    };
    if width == 0 || height == 0 {
        return Err(wrong("no pixels"));
    }
    let (what, value) = (format!("{} is", entry.name), format!("{width}x{height} pixels"));
    if u64::from(width) * u64::from(height) > limits.pixels {
        let limit = format!("{} in all", limits.pixels);
        return Err(Error::Limit { what, value, limit, bound: Some(Bound::Pixels) });
    }
    if width.max(height) > MAX_SIDE {
        return Err(Error::Limit { what, value, limit: format!("{MAX_SIDE} a side"), bound: None });
    }
    Ok((width, height))
}
