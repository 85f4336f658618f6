//! Rewrites a movie with the boxes of an MP4: the brand first, then the index, then the media unchanged.
//!
//! The index keeps its tracks of pictures and sound, with their times and edits. Data specific to `QuickTime` is
//! removed, and so is private data that players do not show: time codes, notes, and the location of a phone.

use std::ops::Range;

use crate::error::Result;

use super::atoms::{Atom, Budget, TopBox, atoms, boxed, find, long, need, refused, short};
use super::samples::{Kind, Samples};
use super::tracks::{kind, table};

/// The brand: MP4 of the second version, which holds H.264.
const BRANDS: [&[u8; 4]; 4] = [b"mp42", b"isom", b"mp41", b"avc1"];

/// "No language" in MP4's packed form.
const NO_LANGUAGE: u16 = 0x55c4;

/// The first packed language; smaller numbers are `QuickTime`'s own codes.
const FIRST_LANGUAGE: u16 = 0x400;

/// A brand and the index after it, whose offsets are right if the media follow.
#[derive(Debug)]
pub struct Layout {
    pub head: Vec<u8>,
}

impl Layout {
    /// Computes the new layout of a movie.
    ///
    /// # Errors
    /// If its index is malformed, or points outside of the media.
    pub fn new(index: &[u8], media: &[TopBox], budget: &mut Budget) -> Result<Self> {
        let brand = file_type();
        let boxes = atoms(index, budget)?;
        // The offsets in the index depend on its length, which does not depend on them.
        let length = brand.len() + movie(&boxes, &|offset| Some(offset), budget)?.len();
        let mut moved = Vec::new();
        let mut start = length as u64;
        for found in media {
            moved.push((found.range.clone(), start));
            start += found.range.end - found.range.start;
        }
        let place = |offset: u64| place(&moved, offset);
        Ok(Layout { head: [brand, movie(&boxes, &place, budget)?].concat() })
    }
}

/// The new place of a byte of the media, which keep their order.
fn place(moved: &[(Range<u64>, u64)], offset: u64) -> Option<u64> {
    let after = moved.partition_point(|(range, _)| range.start <= offset);
    let (range, start) = moved[..after].last().filter(|(range, _)| range.contains(&offset))?;
    Some(offset - range.start + start)
}

fn file_type() -> Vec<u8> {
    boxed(*b"ftyp", &brands_in_place(8 + 4 * BRANDS.len()))
}

/// The content of a brand box of that length: brand, version, and compatible brands.
pub fn brands_in_place(length: usize) -> Vec<u8> {
    let mut body = [BRANDS[0].as_slice(), &[0; 4]].concat();
    body.extend(BRANDS.iter().cycle().flat_map(|brand| brand.iter()).take(length.saturating_sub(8)));
    body.truncate(length);
    body
}

type Place<'a> = &'a dyn Fn(u64) -> Option<u64>;

fn movie(boxes: &[Atom<'_>], place: Place<'_>, budget: &mut Budget) -> Result<Vec<u8>> {
    let mut body = boxed(*b"mvhd", need(boxes, *b"mvhd")?);
    for track in boxes.iter().filter(|found| &found.name == b"trak") {
        if table(track, budget)?.0 != Kind::Other {
            body.extend(self::track(track, place, budget)?);
        }
    }
    Ok(boxed(*b"moov", &body))
}

fn track(track: &Atom<'_>, place: Place<'_>, budget: &mut Budget) -> Result<Vec<u8>> {
    let boxes = atoms(track.body, budget)?;
    let mut body = boxed(*b"tkhd", need(&boxes, *b"tkhd")?);
    if let Some(edits) = find(&boxes, *b"edts") {
        body.extend(boxed(*b"edts", edits));
    }
    let media = atoms(need(&boxes, *b"mdia")?, budget)?;
    body.extend(self::media(&media, place, budget)?);
    Ok(boxed(*b"trak", &body))
}

fn media(boxes: &[Atom<'_>], place: Place<'_>, budget: &mut Budget) -> Result<Vec<u8>> {
    let handler = need(boxes, *b"hdlr")?;
    let kind = kind(handler);
    let mut body = boxed(*b"mdhd", &header(need(boxes, *b"mdhd")?)?);
    // QuickTime has an additional type before this one, and a name in a different form.
    let handler = [&[0; 8], handler.get(8..12).unwrap_or_default(), &[0; 13]].concat();
    body.extend(boxed(*b"hdlr", &handler));
    let boxes = atoms(need(boxes, *b"minf")?, budget)?;
    let mut information = match kind {
        Kind::Pictures => boxed(*b"vmhd", &[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
        Kind::Sound | Kind::Other => boxed(*b"smhd", &[0; 8]),
    };
    check_reference(&boxes, budget)?;
    let itself = boxed(*b"url ", &[0, 0, 0, 1]);
    let references = [&[0, 0, 0, 0, 0, 0, 0, 1][..], &itself].concat();
    information.extend(boxed(*b"dinf", &boxed(*b"dref", &references)));
    let table = atoms(need(&boxes, *b"stbl")?, budget)?;
    information.extend(samples(kind, &table, place, budget)?);
    body.extend(boxed(*b"minf", &information));
    Ok(boxed(*b"mdia", &body))
}

/// The header of a track's media, without a `QuickTime` language code.
fn header(body: &[u8]) -> Result<Vec<u8>> {
    let at = if body.first() == Some(&1) { 32 } else { 20 };
    let language = short(body, at).ok_or_else(|| refused("has a box mdhd that is too short"))?;
    let mut body = body.to_vec();
    if language < FIRST_LANGUAGE {
        body[at..at + 2].copy_from_slice(&NO_LANGUAGE.to_be_bytes());
    }
    Ok(body)
}

/// Refuses media in other files.
fn check_reference(boxes: &[Atom<'_>], budget: &mut Budget) -> Result<()> {
    let Some(information) = find(boxes, *b"dinf") else { return Ok(()) };
    let information = atoms(information, budget)?;
    let Some(references) = find(&information, *b"dref") else { return Ok(()) };
    let references = atoms(references.get(8..).unwrap_or_default(), budget)?;
    let is_itself = |reference: &Atom<'_>| long(reference.body, 0).is_some_and(|flags| flags & 1 == 1);
    if references.first().is_none_or(is_itself) { Ok(()) } else { Err(refused("refers to another file")) }
}

fn samples(kind: Kind, table: &[Atom<'_>], place: Place<'_>, budget: &mut Budget) -> Result<Vec<u8>> {
    let mut body = Samples::read(kind, need(table, *b"stsd")?, budget)?.rewritten(budget)?;
    for Atom { name, body: content } in table {
        match name {
            b"stts" | b"ctts" | b"cslg" | b"stsc" | b"stsz" | b"stz2" | b"stss" | b"sdtp" | b"sbgp" | b"sgpd" => {
                body.extend(boxed(*name, content));
            }
            b"stco" | b"co64" => body.extend(boxed(*name, &offsets(content, name == b"co64", place)?)),
            _ => {}
        }
    }
    Ok(boxed(*b"stbl", &body))
}

/// A table of offsets, all moved.
fn offsets(content: &[u8], is_wide: bool, place: Place<'_>) -> Result<Vec<u8>> {
    let lost = || refused("has an index that points outside of its media");
    let width = if is_wide { 8 } else { 4 };
    let count = long(content, 4).ok_or_else(lost)? as usize;
    let length = count.checked_mul(width).and_then(|length| length.checked_add(8)).ok_or_else(lost)?;
    let mut moved = content.get(..length).ok_or_else(lost)?.to_vec();
    for entry in moved[8..].chunks_exact_mut(width) {
        let offset = entry.iter().fold(0, |offset, byte| offset << 8 | u64::from(*byte));
        let offset = place(offset).filter(|offset| is_wide || u32::try_from(*offset).is_ok()).ok_or_else(lost)?;
        entry.copy_from_slice(&offset.to_be_bytes()[8 - width..]);
    }
    Ok(moved)
}
