//! Paints pictures of a tape as frames for the encoder: decoded and enlarged.

use ffmpeg_next as ffmpeg;

use ffmpeg::format::Pixel;
use ffmpeg::frame;

use crate::error::Result;
use crate::picture::{self, Picture};
use crate::tape::{Reel, Shown};

use super::encode::Plan;
use super::frame_source::FrameSource;
use super::libav;
use super::planes::{Chroma, Converter, Geometry, Plane, separate};

/// Paints pictures of a tape as frames of the video, in reused buffers.
pub struct Painter<'tape> {
    reel: Reel<'tape>,
    geometry: Geometry,
    decoder: picture::Decoder,
    picture: Picture,
    converter: Converter,
    frame: frame::Video,
}

impl<'tape> Painter<'tape> {
    /// A painter for one thread.
    pub fn new(plan: &Plan<'tape>) -> Self {
        Painter {
            reel: plan.tape.reel(),
            geometry: plan.geometry,
            decoder: picture::Decoder::default(),
            picture: Picture::default(),
            converter: Converter::default(),
            frame: frame::Video::new(plan.pixel_format(), plan.geometry.width, plan.geometry.height),
        }
    }
}

impl FrameSource for Painter<'_> {
    fn frame(&mut self, shown: &Shown) -> Result<&frame::Video> {
        self.reel.picture(shown.frame, &mut self.decoder, &mut self.picture)?;
        let frame = libav_writable(&mut self.frame)?;
        match frame.format() {
            Pixel::YUV420P => self.converter.convert(&self.picture, &self.geometry, Chroma::Halved, planes(frame)),
            Pixel::YUV444P => self.converter.convert(&self.picture, &self.geometry, Chroma::Full, planes(frame)),
            Pixel::GBRP => separate(&self.picture, &self.geometry, planes(frame)),
            _ => {
                let stride = frame.stride(0);
                for (to, from) in frame.data_mut(0).chunks_mut(stride).zip(self.picture.rows()) {
                    to[..from.len()].copy_from_slice(from);
                }
            }
        }
        Ok(frame)
    }
}

/// Makes a frame writable. If the encoder still holds it, libav makes a new one.
fn libav_writable(frame: &mut frame::Video) -> Result<&mut frame::Video> {
    // SAFETY: the pointer is that of a live frame which nobody else uses during the call.
    match unsafe { ffmpeg::ffi::av_frame_make_writable(frame.as_mut_ptr()) } {
        code if code < 0 => Err(libav("allocate a frame")(ffmpeg::Error::from(code))),
        _ => Ok(frame),
    }
}

/// All three planes of a frame, which libav's own accessor returns only one at a time.
fn planes(frame: &mut frame::Video) -> [Plane<'_>; 3] {
    [0, 1, 2].map(|index| {
        let (stride, length) = (frame.stride(index), frame.data(index).len());
        // SAFETY: the planes of a planar frame do not overlap, each is `length` bytes long, and all three borrow
        // from the one mutable borrow of the frame.
        let data = unsafe { std::slice::from_raw_parts_mut(frame.data_mut(index).as_mut_ptr(), length) };
        Plane { data, stride }
    })
}
