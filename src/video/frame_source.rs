//! Where frames for the encoder come from.

use ffmpeg_next as ffmpeg;

use ffmpeg::frame;

use crate::error::Result;
use crate::tape::Shown;

/// Where frames for the encoder come from.
pub trait FrameSource {
    /// The frame of the video that shows what `shown` says; its time is for others to set.
    ///
    /// # Errors
    /// What is wrong with the picture.
    fn frame(&mut self, shown: &Shown) -> Result<&frame::Video>;
}
