//! Encodes a picture as a lossy WebP with libav's libwebp: the `image` crate writes only lossless ones.

use ffmpeg_next as ffmpeg;

use ffmpeg::format::Pixel;
use ffmpeg::{Dictionary, Packet, Rational, codec, frame};

use crate::error::Result;
use crate::picture::Picture;

use super::libav;

/// The encoder, by its libav name.
const ENCODER: &str = "libwebp";

/// Encodes a picture as a lossy WebP; `quality` is libwebp's, 0 to 100. The same picture gives the same bytes.
///
/// # Errors
/// [`crate::error::VideoError::Libav`] if this libav has no encoder for WebP, or the encoder refuses the picture.
pub fn webp(picture: &Picture, quality: u8) -> Result<Vec<u8>> {
    super::prepare();
    let codec = ffmpeg::encoder::find_by_name(ENCODER)
        .ok_or(ffmpeg::Error::EncoderNotFound)
        .map_err(libav("find a WebP encoder; install a libav that has libwebp"))?;
    let doing = "encode a WebP";
    let mut video = codec::Context::new_with_codec(codec).encoder().video().map_err(libav(doing))?;
    video.set_width(picture.width);
    video.set_height(picture.height);
    // libwebp converts colours itself, in the only way that WebP supports.
    video.set_format(Pixel::BGRA);
    video.set_time_base(Rational(1, 1));
    let mut options = Dictionary::new();
    options.set("quality", &quality.to_string());
    options.set("compression_level", "6");
    let mut encoder = video.open_with(options).map_err(libav(doing))?;

    let mut painted = frame::Video::new(Pixel::BGRA, picture.width, picture.height);
    painted.set_pts(Some(0));
    let stride = painted.stride(0);
    for (to, from) in painted.data_mut(0).chunks_mut(stride).zip(picture.rows()) {
        for (to, &[red, green, blue]) in to.as_chunks_mut().0.iter_mut().zip(from.as_chunks().0) {
            *to = [blue, green, red, 255];
        }
    }
    encoder.send_frame(&painted).and_then(|()| encoder.send_eof()).map_err(libav(doing))?;
    let mut packet = Packet::empty();
    encoder.receive_packet(&mut packet).map_err(libav(doing))?;
    Ok(packet.data().unwrap_or_default().to_vec())
}
