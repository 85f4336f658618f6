//! One thread's way into a tape's pictures and sound: a reader of its own, and buffers that are used again.

use crate::error::Result;
use crate::picture::{Decoder, Picture};

use super::{Archive, Tape};

/// Reads pictures and sound. Any number of these can be at work on one tape.
#[derive(Debug)]
pub struct Reel<'tape> {
    tape: &'tape Tape,
    archive: Archive,
    packed: Vec<u8>,
}

impl<'tape> Reel<'tape> {
    pub(super) fn new(tape: &'tape Tape) -> Self {
        Reel { tape, archive: tape.archive.clone(), packed: Vec::new() }
    }

    /// The file that holds frame `index` (0.., in the order of time): its name and its bytes.
    ///
    /// # Errors
    /// [`crate::Error::Unpack`] or [`crate::Error::Entry`] for damaged data, [`crate::Error::Limit`] for an entry no picture needs.
    pub fn picture_bytes(&mut self, index: usize) -> Result<(&str, &[u8])> {
        let entry = &self.tape.frames[index];
        self.archive.read(entry, self.tape.most_packed(), &mut self.packed)?;
        Ok((&entry.name, &self.packed))
    }

    /// Decodes frame `index` to the size of the video.
    ///
    /// # Errors
    /// As [`Reel::picture_bytes`], and [`crate::Error::Picture`] for what cannot be decoded.
    pub fn picture(&mut self, index: usize, decoder: &mut Decoder, picture: &mut Picture) -> Result<()> {
        let (width, height, pixels) = (self.tape.width, self.tape.height, self.tape.limits.pixels);
        let (name, bytes) = self.picture_bytes(index)?;
        decoder.decode(name, bytes, pixels, picture)?;
        picture.place_on(width, height);
        Ok(())
    }

    /// Plays the soundtrack, if there is one; see [`super::Soundtrack::play`].
    ///
    /// # Errors
    /// As [`super::Soundtrack::play`].
    pub fn play_sound(&mut self, sink: impl FnMut(&[f32]) -> Result<bool>) -> Result<()> {
        match &self.tape.soundtrack {
            Some(soundtrack) => soundtrack.play(&mut self.archive, sink),
            None => Ok(()),
        }
    }
}
