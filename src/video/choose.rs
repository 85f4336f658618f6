//! Which of a preset's encodings may be the one for a tape.

use crate::error::{Error, Result};

use super::installed;
use super::preset::{Encoding, Preset};

/// The encodings that the tape is encoded with; of the videos the smallest is kept. Those whose encoder libav lacks are
/// left out, unless that leaves none.
///
/// # Errors
/// [`Error::NoEncoder`] if libav lacks every encoder that there is a use for.
pub fn candidates(preset: &Preset) -> Result<Vec<&Encoding>> {
    let can_be_used = |encoding: &&Encoding| installed::has(encoding.codec.encoder(encoding.colors));
    let usable: Vec<_> = preset.encodings.iter().filter(can_be_used).collect();
    match preset.encodings.first() {
        Some(first) if usable.is_empty() => Err(Error::NoEncoder { name: first.codec.encoder(first.colors).into() }),
        _ => Ok(usable),
    }
}
