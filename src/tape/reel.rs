//! One thread's access to a tape's pictures and sound: its own reader, and reused buffers.

use crate::error::Result;
use crate::picture::{self, Decoder, Picture};

use super::archive::Archive;
use super::damage::reason;
use super::open::Tape;

/// Reads pictures and sound. A tape can have any number of reels at the same time.
#[derive(Debug)]
pub struct Reel<'tape> {
    tape: &'tape Tape,
    archive: Archive,
    packed: Vec<u8>,
}

impl Tape {
    /// A reader of pictures and sound for one thread.
    #[must_use]
    pub fn reel(&self) -> Reel<'_> {
        Reel { tape: self, archive: self.archive.clone(), packed: Vec::new() }
    }

    /// The frame in the middle, which thumbnails show.
    ///
    /// # Errors
    /// As [`Reel::picture`].
    pub fn middle_picture(&self) -> Result<Picture> {
        let mut picture = Picture::default();
        self.reel().picture(self.frame_count() / 2, &mut picture::Decoder::default(), &mut picture)?;
        Ok(picture)
    }
}

impl Reel<'_> {
    /// The file of frame `index` (0.., in the order of time): its name and its bytes.
    ///
    /// # Errors
    /// [`crate::error::TapeError::Unpack`] or [`crate::error::TapeError::Lies`] for damaged data,
    /// [`crate::Error::Limit`] for an entry larger than any picture.
    pub fn picture_bytes(&mut self, index: usize) -> Result<(&str, &[u8])> {
        let entry = &self.tape.frames[index];
        self.archive.read(entry, self.tape.most_packed(), &mut self.packed)?;
        Ok((&entry.name, &self.packed))
    }

    /// The picture shown at frame `index`, at the size of the video: that frame; if it cannot be decoded, the nearest
    /// earlier one that can, otherwise the nearest later one. The result depends only on the tape, not on earlier
    /// reads.
    ///
    /// # Errors
    /// [`crate::error::TapeError::NoPicture`] if no frame can be decoded; errors of this frame if flaws are not
    /// tolerated; [`crate::error::TapeError::Lies`] or [`crate::Error::Limit`] for a crafted frame.
    pub fn picture(&mut self, index: usize, decoder: &mut Decoder, picture: &mut Picture) -> Result<()> {
        for candidate in (0..=index).rev().chain(index + 1..self.tape.frames.len()) {
            if self.tape.damage.is_known(candidate) {
                continue;
            }
            match self.decode(candidate, decoder, picture) {
                Ok(()) => {
                    picture.place_on(self.tape.width, self.tape.height);
                    return Ok(());
                }
                Err(error) if self.tape.tolerates(&error) => self.tape.damage.note(candidate, &error),
                Err(error) => return Err(error),
            }
        }
        Err(self.tape.no_picture())
    }

    /// Decodes frame `index` itself.
    ///
    /// # Errors
    /// As [`Reel::picture_bytes`], and [`crate::error::TapeError::Picture`] if it cannot be decoded.
    pub fn decode(&mut self, index: usize, decoder: &mut Decoder, picture: &mut Picture) -> Result<()> {
        let pixels = self.tape.limits.pixels;
        let (name, bytes) = self.picture_bytes(index)?;
        decoder.decode(name, bytes, pixels, picture)
    }

    /// Plays the soundtrack, if there is one; see [`super::Soundtrack::play`]. If it is damaged, the tape has no sound
    /// from then on.
    ///
    /// # Errors
    /// As [`super::Soundtrack::play`].
    pub fn play_sound(&mut self, sink: impl FnMut(&[f32]) -> Result<bool>) -> Result<()> {
        let Some(soundtrack) = self.tape.soundtrack() else { return Ok(()) };
        let played = soundtrack.play(&mut self.archive, sink);
        if let Err(error) = &played
            && error.is_flaw()
        {
            self.tape.lose_sound(reason(error));
        }
        played
    }
}
