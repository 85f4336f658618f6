//! Descriptions of samples (`stsd`): their codec, and their form in an MP4.

use crate::error::Result;

use super::atoms::{Atom, Budget, atoms, boxed, find, long, name, need, refused, short};

/// Bytes of a description of pictures before its boxes.
const PICTURES: usize = 78;

/// Bytes of a description of sound before its boxes.
const SOUND: usize = 28;

/// The content of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Pictures.
    Pictures,
    /// Sound.
    Sound,
    /// Anything else: subtitles, time codes, positions.
    Other,
}

/// The descriptions of one track.
#[derive(Debug)]
pub struct Samples<'a> {
    pub kind: Kind,
    entries: Vec<Atom<'a>>,
}

impl<'a> Samples<'a> {
    /// Reads an `stsd`.
    pub fn read(kind: Kind, body: &'a [u8], budget: &mut Budget) -> Result<Self> {
        let entries = body.get(8..).ok_or_else(|| refused("has a track without sample descriptions"))?;
        Ok(Samples { kind, entries: atoms(entries, budget)? })
    }

    /// Refuses codecs other than H.264 and AAC. Returns whether everything has the form of an MP4.
    pub fn check(&self, budget: &mut Budget) -> Result<bool> {
        if self.entries.is_empty() && self.kind != Kind::Other {
            return Err(refused("has a track without sample descriptions"));
        }
        let mut is_as_in_mp4 = true;
        for entry in &self.entries {
            match self.kind {
                Kind::Pictures => check_pictures(entry, budget)?,
                Kind::Sound => is_as_in_mp4 &= check_sound(entry, budget)?,
                Kind::Other => {}
            }
        }
        Ok(is_as_in_mp4)
    }

    /// The same in the form of an MP4, without data specific to `QuickTime`.
    pub fn rewritten(&self, budget: &mut Budget) -> Result<Vec<u8>> {
        let mut body = vec![0; 4];
        body.extend((self.entries.len() as u32).to_be_bytes());
        for entry in &self.entries {
            if short(entry.body, 6) != Some(1) {
                return Err(refused("refers to another file"));
            }
            body.extend(match self.kind {
                Kind::Pictures => pictures(entry, budget)?,
                Kind::Sound | Kind::Other => sound(entry, budget)?,
            });
        }
        Ok(boxed(*b"stsd", &body))
    }
}

fn check_pictures(entry: &Atom<'_>, budget: &mut Budget) -> Result<()> {
    if !matches!(&entry.name, b"avc1" | b"avc3") {
        return Err(refused(format!("holds pictures in {}; only H.264 can be published", name(entry.name))));
    }
    let boxes = atoms(entry.body.get(PICTURES..).unwrap_or_default(), budget)?;
    need(&boxes, *b"avcC").map(|_| ())
}

fn pictures(entry: &Atom<'_>, budget: &mut Budget) -> Result<Vec<u8>> {
    let fields = entry.body.get(..PICTURES).unwrap_or_default();
    let boxes = atoms(entry.body.get(PICTURES..).unwrap_or_default(), budget)?;
    let mut body = fields.to_vec();
    for Atom { name, body: content } in boxes {
        match &name {
            b"avcC" | b"pasp" | b"clap" | b"btrt" => body.extend(boxed(name, content)),
            // The same numbers; MP4 adds a flag for full range, which QuickTime does not use.
            b"colr" if content.starts_with(b"nclc") && content.len() >= 10 => {
                body.extend(boxed(*b"colr", &[b"nclx", &content[4..10], &[0]].concat()));
            }
            b"colr" if content.starts_with(b"nclx") => body.extend(boxed(name, content)),
            _ => {}
        }
    }
    Ok(boxed(entry.name, &body))
}

/// The boxes of a description of sound, and whether it has the form of an MP4.
fn sound_boxes<'a>(entry: &Atom<'a>, budget: &mut Budget) -> Result<(Vec<Atom<'a>>, bool)> {
    let fields = match short(entry.body, 8) {
        Some(0) => SOUND,
        Some(1) => SOUND + 16,
        Some(2) => SOUND + 36,
        _ => return Err(refused("describes its sound in an unknown way")),
    };
    let boxes = atoms(entry.body.get(fields..).unwrap_or_default(), budget)?;
    match (fields, find(&boxes, *b"wave")) {
        (_, Some(wave)) => Ok((atoms(wave, budget)?, false)),
        (fields, None) => Ok((boxes, fields == SOUND)),
    }
}

fn check_sound(entry: &Atom<'_>, budget: &mut Budget) -> Result<bool> {
    let other = |name: String| refused(format!("holds sound in {name}; only AAC can be published"));
    if &entry.name != b"mp4a" {
        return Err(other(name(entry.name)));
    }
    let (boxes, is_as_in_mp4) = sound_boxes(entry, budget)?;
    match codec(need(&boxes, *b"esds")?) {
        // MPEG-2 AAC, and the MPEG-4 types that decoders support.
        Some((0x66..=0x68, _) | (0x40, Some(1..=5 | 29))) => Ok(is_as_in_mp4),
        Some((0x40, Some(object))) => Err(other(format!("mp4a.40.{object}"))),
        Some((object, _)) => Err(other(format!("mp4a.{object:02x}"))),
        None => Err(refused("does not name the codec of its sound")),
    }
}

fn sound(entry: &Atom<'_>, budget: &mut Budget) -> Result<Vec<u8>> {
    let (boxes, _) = sound_boxes(entry, budget)?;
    let unsaid = || refused("describes its sound in an unknown way");
    let (channels, rate) = if short(entry.body, 8) == Some(2) {
        let bytes = entry.body.get(32..40).and_then(|bytes| bytes.try_into().ok()).ok_or_else(unsaid)?;
        // Other values are in the decoder's own description.
        let rate = f64::from_be_bytes(bytes);
        let rate = if (0.0..65_536.0).contains(&rate) { rate as u32 } else { 0 };
        (long(entry.body, 40).ok_or_else(unsaid)? as u16, rate << 16)
    } else {
        (short(entry.body, 16).ok_or_else(unsaid)?, long(entry.body, 24).ok_or_else(unsaid)?)
    };
    let mut body = entry.body.get(..8).ok_or_else(unsaid)?.to_vec();
    body.extend([0; 8]);
    body.extend([channels, 16, 0, 0].map(u16::to_be_bytes).concat());
    body.extend(rate.to_be_bytes());
    body.extend(boxed(*b"esds", need(&boxes, *b"esds")?));
    Ok(boxed(entry.name, &body))
}

/// The object type of MPEG-4's systems, and the audio object type if it is MPEG-4 audio.
fn codec(esds: &[u8]) -> Option<(u8, Option<u8>)> {
    let (tag, stream, _) = descriptor(esds.get(4..)?)?;
    (tag == 3).then_some(())?;
    let flags = *stream.get(2)?;
    let mut at = 3;
    at += if flags & 0x80 == 0 { 0 } else { 2 };
    at += if flags & 0x40 == 0 { 0 } else { 1 + usize::from(*stream.get(at)?) };
    at += if flags & 0x20 == 0 { 0 } else { 2 };
    let (tag, decoder, _) = descriptor(stream.get(at..)?)?;
    (tag == 4).then_some(())?;
    let object = *decoder.first()?;
    let specific = decoder.get(13..).and_then(descriptor).filter(|(tag, ..)| *tag == 5);
    let audio = specific.and_then(|(_, specific, _)| {
        let first = *specific.first()?;
        // 31 marks a longer number.
        match first >> 3 {
            31 => Some(32 + ((first & 7) << 3 | *specific.get(1)? >> 5)),
            object => Some(object),
        }
    });
    Some((object, audio))
}

/// A descriptor of MPEG-4 systems: its tag, its content, and the rest.
fn descriptor(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, mut rest) = bytes.split_first()?;
    let mut length = 0_usize;
    // At most four bytes of seven bits.
    for index in 0..4 {
        let (byte, after) = rest.split_first()?;
        rest = after;
        length = length << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
        (index < 3).then_some(())?;
    }
    // Some writers declare too large a length.
    let (content, after) = rest.split_at(length.min(rest.len()));
    Some((*tag, content, after))
}
