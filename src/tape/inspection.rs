//! A complete check of a tape, which decodes everything that a video shows.

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::picture::{self, Picture};

use super::open::Tape;
use super::reel::Reel;

impl Tape {
    /// Decodes every frame that differs from the previous one, on all threads, and plays the sound, to find damage.
    ///
    /// # Errors
    /// As [`Reel::picture`]; [`Error::Interrupted`] if `is_cancelled` returns true.
    pub fn look_through(&self, is_cancelled: impl Fn() -> bool + Sync) -> Result<()> {
        let check = || if is_cancelled() { Err(Error::Interrupted) } else { Ok(()) };
        let repeats = self.repeats()?;
        let lane = || (self.reel(), picture::Decoder::default(), Picture::default());
        let look = |(reel, decoder, picture): &mut (Reel<'_>, picture::Decoder, Picture), index: usize| {
            check()?;
            match reel.decode(index, decoder, picture) {
                Err(error) if error.is_flaw() => self.damage.note(index, &error),
                other => other?,
            }
            Ok(())
        };
        let indices =
            (0..self.frame_count()).into_par_iter().filter(|&index| !repeats[index] && !self.damage.is_known(index));
        indices.map_init(lane, look).collect::<Result<()>>()?;
        match self.reel().play_sound(|_| check().map(|()| true)) {
            Err(error) if error.is_flaw() => {}
            played => played?,
        }
        if self.damage.known().count() == self.frame_count() { Err(self.no_picture()) } else { Ok(()) }
    }
}
