//! The boxes of an MP4: finds them, moves the index to the front, and checks that it is there.
//!
//! libav can do this itself, but only for a file that it opens by name.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use crate::error::{Error, Result, VideoError};

/// Boxes that hold boxes on the way from `moov` to the chunk offsets.
const CONTAINERS: [&[u8; 4]; 4] = [b"trak", b"mdia", b"minf", b"stbl"];

/// A box at the top of a file: its name and place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopBox {
    /// Four letters.
    pub name: [u8; 4],
    /// Its bytes, header included.
    pub range: Range<u64>,
}

/// Lists the boxes at the top of an MP4.
///
/// # Errors
/// [`VideoError::Verify`] if the file does not consist of boxes.
pub fn top(file: &mut File) -> Result<Vec<TopBox>> {
    let mut boxes = Vec::new();
    let mut walk = || -> io::Result<()> {
        let end = file.seek(SeekFrom::End(0))?;
        let mut start = 0;
        while start < end {
            file.seek(SeekFrom::Start(start))?;
            let mut header = [0; 16];
            file.read_exact(&mut header[..8])?;
            let length = match u32::from_be_bytes([header[0], header[1], header[2], header[3]]) {
                0 => end - start,
                1 => {
                    file.read_exact(&mut header[8..])?;
                    u64::from_be_bytes(header[8..].try_into().map_err(io::Error::other)?)
                }
                length => u64::from(length),
            };
            let stop = start.checked_add(length).filter(|&stop| length >= 8 && stop <= end);
            let stop = stop.ok_or(io::ErrorKind::InvalidData)?;
            boxes.push(TopBox { name: header[4..8].try_into().map_err(io::Error::other)?, range: start..stop });
            start = stop;
        }
        Ok(())
    };
    walk()
        .map_err(|error| Error::Video(VideoError::Verify { what: format!("is not made of whole boxes ({error})") }))?;
    Ok(boxes)
}

/// The parts of an MP4 in the order for streaming.
pub struct IndexFirst {
    file_type: Range<u64>,
    index: Vec<u8>,
    media: Range<u64>,
}

/// Plans the move of the index (`moov`) of an MP4 in front of its media (`mdat`).
///
/// # Errors
/// [`VideoError::Verify`] for a file that libav's MP4 muxer did not write.
pub fn index_first(file: &mut File) -> Result<IndexFirst> {
    let boxes = top(file)?;
    let find = |name: &[u8; 4]| {
        let found = boxes.iter().find(|found| &found.name == name).map(|found| found.range.clone());
        found.ok_or_else(|| Error::Video(VideoError::Verify { what: format!("has no {}", name.escape_ascii()) }))
    };
    let (file_type, index_range, media) = (find(b"ftyp")?, find(b"moov")?, find(b"mdat")?);
    let mut index = vec![0; (index_range.end - index_range.start) as usize];
    let read = file.seek(SeekFrom::Start(index_range.start)).and_then(|_| file.read_exact(&mut index));
    read.map_err(|error| Error::Video(VideoError::Verify { what: format!("cannot be read back ({error})") }))?;
    let moved = (file_type.end - file_type.start + index.len() as u64) as i64 - media.start as i64;
    walk(&mut index[8..], &mut |name, table| shift_offsets(name, table, moved))
        .ok_or_else(|| Error::Video(VideoError::Verify { what: "has an index that cannot be moved".into() }))?;
    Ok(IndexFirst { file_type, index, media })
}

impl IndexFirst {
    /// The boxes in `moov`.
    pub fn index(&mut self) -> &mut [u8] {
        &mut self.index[8..]
    }

    /// Copies the parts from `from` to `to`; returns the number of bytes.
    pub fn write_to(&self, from: &mut File, to: &mut impl Write) -> io::Result<u64> {
        let mut part = |range: &Range<u64>, to: &mut dyn Write| {
            from.seek(SeekFrom::Start(range.start))?;
            io::copy(&mut Read::take(&mut *from, range.end - range.start), to)
        };
        let head = part(&self.file_type, to)?;
        to.write_all(&self.index)?;
        Ok(head + self.index.len() as u64 + part(&self.media, to)?)
    }
}

/// A visitor of boxes, which gets a box's name and contents. Returns `None` if they are malformed.
pub type Visit<'v> = dyn FnMut([u8; 4], &mut [u8]) -> Option<()> + 'v;

/// Visits boxes, and on the path from `moov` to the tables of a stream also nested boxes; `None` if they are malformed
/// or the visitor returns it.
pub fn walk(mut boxes: &mut [u8], visit: &mut Visit<'_>) -> Option<()> {
    while !boxes.is_empty() {
        let length = u32::from_be_bytes(boxes.get(..4)?.try_into().ok()?) as usize;
        let name: [u8; 4] = boxes.get(4..8)?.try_into().ok()?;
        let (this, rest) = boxes.split_at_mut_checked(length)?;
        let body = this.get_mut(8..)?;
        if CONTAINERS.contains(&&name) { walk(body, visit) } else { visit(name, body) }?;
        boxes = rest;
    }
    Some(())
}

/// Adds `delta` to every chunk offset, if the table holds offsets; `None` if it is truncated or an offset overflows.
fn shift_offsets(name: [u8; 4], table: &mut [u8], delta: i64) -> Option<()> {
    match &name {
        b"stco" => {
            for offset in table.get_mut(8..)?.as_chunks_mut().0 {
                let moved = u64::from(u32::from_be_bytes(*offset)).checked_add_signed(delta)?;
                *offset = u32::try_from(moved).ok()?.to_be_bytes();
            }
        }
        b"co64" => {
            for offset in table.get_mut(8..)?.as_chunks_mut().0 {
                *offset = u64::from_be_bytes(*offset).checked_add_signed(delta)?.to_be_bytes();
            }
        }
        _ => {}
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(name: &[u8], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes()[..], name, body].concat()
    }

    #[test]
    fn the_index_moves_to_the_front_and_its_offsets_follow() {
        let table = boxed(b"stco", &[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 24]);
        let moov = boxed(b"moov", &boxed(b"trak", &boxed(b"mdia", &boxed(b"minf", &boxed(b"stbl", &table)))));
        let mp4 = [boxed(b"ftyp", b"isom"), boxed(b"free", b""), boxed(b"mdat", b"frames"), moov.clone()].concat();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&mp4).unwrap();

        let mut out = Vec::new();
        let written = index_first(&mut file).unwrap().write_to(&mut file, &mut out).unwrap();
        assert_eq!((written as usize, out.len()), (mp4.len() - 8, mp4.len() - 8));
        assert_eq!(&out[..12], &boxed(b"ftyp", b"isom"));
        // It was at 24, after 12 of ftyp, 8 of free and 4 of nothing in particular; mdat moved from 20 behind moov.
        let offset = u32::from_be_bytes(out[12 + moov.len() - 4..][..4].try_into().unwrap());
        assert_eq!(offset as usize, 24 - 20 + 12 + moov.len());
        assert!(out.ends_with(&boxed(b"mdat", b"frames")));
    }

    #[test]
    fn what_is_not_made_of_boxes_is_refused() {
        for bytes in [&b"\0\0\0\x07ftyp"[..], b"\0\0\0\x20ftyp", b"hello", b"\0\0\0\x08mdat"] {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(bytes).unwrap();
            assert!(index_first(&mut file).is_err(), "{bytes:?}");
        }
    }
}
