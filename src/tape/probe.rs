//! A first look at every frame, and a thorough one.

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::picture::{self, Picture};

use super::damage::Damage;
use super::limits::MAX_SIDE;
use super::{Archive, Entry, Limits, Reel, Tape};

/// The size of a frame, if its head says one.
type Size = Option<(u32, u32)>;

/// Reads the head of every frame. Answers which are no pictures, and the sizes of the others.
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
    let wrong = |what: &str| Error::Picture { name: entry.name.clone(), source: what.into() };
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
        return Err(Error::Limit { what, value, limit, flag: Some("--max-pixels") });
    }
    if width.max(height) > MAX_SIDE {
        return Err(Error::Limit { what, value, limit: format!("{MAX_SIDE} a side"), flag: None });
    }
    Ok((width, height))
}

/// Decodes every frame that differs from the one before it, on all threads, and plays the sound.
pub fn all(tape: &Tape, is_cancelled: impl Fn() -> bool + Sync) -> Result<()> {
    let check = || if is_cancelled() { Err(Error::Interrupted) } else { Ok(()) };
    let repeats = tape.repeats()?;
    let lane = || (tape.reel(), picture::Decoder::default(), Picture::default());
    let look = |(reel, decoder, picture): &mut (Reel<'_>, picture::Decoder, Picture), index: usize| {
        check()?;
        match reel.decode(index, decoder, picture) {
            Err(error) if error.is_flaw() => tape.damage.note(index, &error),
            other => other?,
        }
        Ok(())
    };
    let indices =
        (0..tape.frame_count()).into_par_iter().filter(|&index| !repeats[index] && !tape.damage.is_known(index));
    indices.map_init(lane, look).collect::<Result<()>>()?;
    match tape.reel().play_sound(|_| check().map(|()| true)) {
        Err(error) if error.is_flaw() => {}
        played => played?,
    }
    if tape.damage.known().count() == tape.frame_count() { Err(tape.no_picture()) } else { Ok(()) }
}
