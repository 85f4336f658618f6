//! Tapes as thumbnails.

use crate::error::Result;
use crate::tape::Tape;

use super::encoded::{Thumbnail, jpeg};
use super::fit::{SIDE, thumbnail};

/// The thumbnail of a tape: its middle frame, as on the site.
///
/// # Errors
/// Those of reading the frame.
pub fn tape(tape: &Tape) -> Result<Thumbnail> {
    let picture = thumbnail(&tape.middle_picture()?);
    Ok(Thumbnail { bytes: jpeg(&picture), mime_type: "image/jpeg", width: SIDE, height: SIDE })
}
