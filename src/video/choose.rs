//! Which of a preset's encodings may be the one for a tape.

use crate::error::{Error, Result};
use crate::tape::{Shown, Tape};

use super::installed;
use super::look::{Look, look};
use super::preset::{Choose, Encoding, Preset};

/// What a tape is encoded with.
pub struct Chosen<'a> {
    /// The encodings to try in full, of whose videos the smallest is kept. At least one.
    pub encodings: Vec<&'a Encoding>,
    /// What the tape looks like, if that had a say.
    pub look: Option<Look>,
}

/// Chooses among a preset's encodings. Those whose encoder libav lacks are left out, unless that leaves none.
///
/// # Errors
/// [`Error::NoEncoder`] if libav lacks every encoder that there is a use for; what is wrong with a picture.
pub fn choose<'a>(tape: &Tape, preset: &'a Preset, frames: &[Shown]) -> Result<Chosen<'a>> {
    let can_be_used = |encoding: &&Encoding| installed::has(encoding.codec.encoder(encoding.colors));
    let usable: Vec<_> = preset.encodings.iter().filter(can_be_used).collect();
    if let Some(first) = preset.encodings.first().filter(|_| usable.is_empty()) {
        return Err(Error::NoEncoder { name: first.codec.encoder(first.colors).into() });
    }
    if preset.choose != Some(Choose::Look) || usable.len() < 2 {
        return Ok(Chosen { encodings: usable, look: None });
    }
    let look = look(tape, frames)?;
    let suits = |encoding: &&&Encoding| encoding.suits.contains(&look.kind);
    let encoding = usable.iter().find(suits).or_else(|| usable.iter().find(|encoding| encoding.suits.is_empty()));
    Ok(Chosen { encodings: vec![*encoding.unwrap_or(&usable[0])], look: Some(look) })
}
