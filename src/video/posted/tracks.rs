//! Reads the tracks of a movie from its index (`moov`).

use crate::error::Result;

use super::atoms::{Atom, Budget, atoms, find, need, refused};
use super::samples::{Kind, Samples};

/// The tracks of a movie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tracks {
    /// The number of tracks with pictures.
    pictures: usize,
    /// Whether its samples are in fragments, which the index does not list.
    pub is_fragmented: bool,
    /// Whether its descriptions of samples have the form of an MP4.
    pub is_as_in_mp4: bool,
}

impl Tracks {
    /// Refuses a movie without pictures.
    pub fn check(&self) -> Result<()> {
        if self.pictures == 0 { Err(refused("holds no pictures")) } else { Ok(()) }
    }
}

/// Reads an index.
///
/// # Errors
/// If it is malformed, or has codecs other than H.264 and AAC.
pub fn read(index: &[u8], budget: &mut Budget) -> Result<Tracks> {
    let boxes = atoms(index, budget)?;
    if find(&boxes, *b"cmov").is_some() {
        return Err(refused("has a compressed index"));
    }
    let is_fragmented = find(&boxes, *b"mvex").is_some();
    let mut tracks = Tracks { pictures: 0, is_fragmented, is_as_in_mp4: true };
    for track in boxes.iter().filter(|found| &found.name == b"trak") {
        let (kind, table) = table(track, budget)?;
        let samples = Samples::read(kind, need(&table, *b"stsd")?, budget)?;
        tracks.is_as_in_mp4 &= samples.check(budget)?;
        tracks.pictures += usize::from(kind == Kind::Pictures);
    }
    Ok(tracks)
}

/// The kind of a track, and the boxes of its sample table.
pub fn table<'a>(track: &Atom<'a>, budget: &mut Budget) -> Result<(Kind, Vec<Atom<'a>>)> {
    let media = atoms(need(&atoms(track.body, budget)?, *b"mdia")?, budget)?;
    let kind = kind(need(&media, *b"hdlr")?);
    let information = atoms(need(&media, *b"minf")?, budget)?;
    Ok((kind, atoms(need(&information, *b"stbl")?, budget)?))
}

/// The kind of track of a handler.
pub fn kind(handler: &[u8]) -> Kind {
    match handler.get(8..12) {
        Some(b"vide") => Kind::Pictures,
        Some(b"soun") => Kind::Sound,
        _ => Kind::Other,
    }
}
