//! Checks a posted video, box by box, and rewrites it if necessary.

use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::error::{Error, Result};

use super::atoms::{self, Budget, TopBox, refused};
use super::{rewrite, sniff, tracks};

/// Maximum size of an index in bytes: 16 times that of a video of ten minutes.
const MOST_INDEX: u64 = 16 << 20;

/// Brands of plain MP4s, which a PDS recognises as `video/mp4`.
const MP4_BRANDS: [&[u8; 4]; 14] = [
    b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9", b"mp41", b"mp42", b"avc1",
    b"dash", b"MSNV",
];

/// The result for a posted video.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It can be published unchanged.
    AsItIs,
    /// The rewritten file can be published.
    Rewritten,
}

/// Checks whether a posted video can be published, and writes it to `rewritten` if its boxes have to change.
///
/// # Errors
/// [`crate::error::VideoError::Posted`] with the reason why it cannot be published;
/// [`crate::error::FileError::Scratch`] if `rewritten` cannot be written.
pub fn accept(file: &mut (impl Read + Seek), rewritten: &mut (impl Write + Seek)) -> Result<Accepted> {
    let boxes = top(file)?;
    let index = index(file, &boxes)?;
    let mut budget = Budget::default();
    let tracks = tracks::read(&index, &mut budget)?;
    tracks.check()?;
    if tracks.is_fragmented {
        return accept_fragments(file, &boxes, &tracks, rewritten);
    }
    let media: Vec<_> = boxes.iter().filter(|found| &found.name == b"mdat").cloned().collect();
    let layout = rewrite::Layout::new(&index, &media, &mut budget)?;
    if has_mp4_brand(file, &boxes)? && tracks.is_as_in_mp4 {
        return Ok(Accepted::AsItIs);
    }
    rewritten.write_all(&layout.head).map_err(Error::scratch)?;
    for found in &media {
        copy(file, found, rewritten)?;
    }
    rewritten.flush().map_err(Error::scratch)?;
    Ok(Accepted::Rewritten)
}

/// A fragmented video has offsets everywhere, so only its brand can change, in place.
fn accept_fragments(
    file: &mut (impl Read + Seek),
    boxes: &[TopBox],
    tracks: &tracks::Tracks,
    rewritten: &mut (impl Write + Seek),
) -> Result<Accepted> {
    if !tracks.is_as_in_mp4 {
        return Err(refused("comes in fragments of a QuickTime movie, which cannot be rewritten"));
    }
    if has_mp4_brand(file, boxes)? {
        return Ok(Accepted::AsItIs);
    }
    let first = boxes.first().filter(|first| &first.name == b"ftyp" && first.range.end - first.range.start >= 16);
    let first = first.ok_or_else(|| refused("comes in fragments without a brand in front"))?;
    file.rewind().map_err(unread)?;
    io::copy(file, rewritten).map_err(Error::scratch)?;
    let brands = rewrite::brands_in_place((first.range.end - first.range.start - first.header) as usize);
    rewritten.seek(SeekFrom::Start(first.header)).map_err(Error::scratch)?;
    rewritten.write_all(&brands).and_then(|()| rewritten.flush()).map_err(Error::scratch)?;
    Ok(Accepted::Rewritten)
}

/// Lists the boxes at the top of a file.
fn top(file: &mut (impl Read + Seek)) -> Result<Vec<TopBox>> {
    let end = file.seek(SeekFrom::End(0)).map_err(unread)?;
    let mut beginning = [0; sniff::LENGTH];
    let length = read_at(file, 0, &mut beginning)?;
    sniff::check(&beginning[..length])?;
    let mut budget = Budget::default();
    let mut boxes = Vec::new();
    let mut start = 0;
    while start < end {
        budget.spend()?;
        let mut header = [0; 16];
        let read = read_at(file, start, &mut header)?;
        if read < 8 {
            // A few zeros at the end are harmless.
            if header[..read].iter().all(|byte| *byte == 0) {
                break;
            }
            return Err(refused("ends in the middle of a box"));
        }
        let name = [header[4], header[5], header[6], header[7]];
        let (length, header) = match u32::from_be_bytes([header[0], header[1], header[2], header[3]]) {
            0 => (end - start, 8),
            1 if read == 16 => (u64::from_be_bytes(header[8..].try_into().unwrap_or_default()), 16),
            length => (u64::from(length), 8),
        };
        let stop = start.checked_add(length).filter(|_| length >= header);
        let stop = stop.ok_or_else(|| refused(format!("has a box {} of {length} bytes", atoms::name(name))))?;
        if stop > end {
            let (name, there) = (atoms::name(name), end - start);
            return Err(refused(format!("is truncated: its box {name} has {there} of {length} bytes")));
        }
        boxes.push(TopBox { name, range: start..stop, header });
        start = stop;
    }
    Ok(boxes)
}

/// The content of the index, which locates everything else.
fn index(file: &mut (impl Read + Seek), boxes: &[TopBox]) -> Result<Vec<u8>> {
    let mut found = boxes.iter().filter(|found| &found.name == b"moov");
    let index = match (found.next(), found.next()) {
        (Some(index), None) => index,
        (None, _) => return Err(refused("has no index (moov)")),
        (Some(_), Some(_)) => return Err(refused("has two indices (moov)")),
    };
    let length = index.range.end - index.range.start - index.header;
    if length > MOST_INDEX {
        return Err(refused(format!("has an index of {length} bytes; the limit is {MOST_INDEX}")));
    }
    let mut bytes = vec![0; length as usize];
    let read = read_at(file, index.range.start + index.header, &mut bytes)?;
    if read < bytes.len() { Err(refused("cannot be read to its end")) } else { Ok(bytes) }
}

/// Whether it starts with the brand of an MP4.
fn has_mp4_brand(file: &mut (impl Read + Seek), boxes: &[TopBox]) -> Result<bool> {
    let Some(first) = boxes.first().filter(|first| &first.name == b"ftyp" && first.header == 8) else {
        return Ok(false);
    };
    let mut brand = [0; 4];
    let has_brand = first.range.end - first.range.start >= 16 && read_at(file, first.header, &mut brand)? == 4;
    Ok(has_brand && MP4_BRANDS.contains(&&brand))
}

/// Copies a box, and fills in its length if the header leaves it open.
fn copy(file: &mut (impl Read + Seek), found: &TopBox, to: &mut impl Write) -> Result<()> {
    let length = found.range.end - found.range.start;
    let mut header = [0; 8];
    if read_at(file, found.range.start, &mut header)? < header.len() {
        return Err(refused("cannot be read to its end"));
    }
    if header[..4] == [0; 4] {
        let length = u32::try_from(length).map_err(|_| refused("is too long"))?;
        header[..4].copy_from_slice(&length.to_be_bytes());
    }
    to.write_all(&header).map_err(Error::scratch)?;
    file.seek(SeekFrom::Start(found.range.start + 8)).map_err(unread)?;
    io::copy(&mut Read::take(&mut *file, length - 8), to).map_err(Error::scratch)?;
    Ok(())
}

/// Reads as much as available.
fn read_at(file: &mut (impl Read + Seek), start: u64, into: &mut [u8]) -> Result<usize> {
    file.seek(SeekFrom::Start(start)).map_err(unread)?;
    let mut length = 0;
    while length < into.len() {
        match file.read(&mut into[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unread(error)),
        }
    }
    Ok(length)
}

/// The error for a failure to read our own copy on our own disk.
fn unread(source: io::Error) -> Error {
    Error::scratch(source)
}
