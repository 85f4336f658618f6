//! A source of frames for the encoder.

use ffmpeg_next as ffmpeg;

use ffmpeg::frame;

use crate::error::Result;
use crate::tape::Shown;

/// A source of frames for the encoder.
pub trait FrameSource {
    /// The frame of the video for `shown`; the caller sets its time.
    ///
    /// # Errors
    /// Errors of the picture.
    fn frame(&mut self, shown: &Shown) -> Result<&frame::Video>;
}
