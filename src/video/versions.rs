//! The versions of the libraries that make videos: with others, the same tape may give other bytes.

use std::ffi::CStr;

use ffmpeg_next as ffmpeg;

use ffmpeg::format::Pixel;
use ffmpeg::{Packet, Rational, codec, frame};

use super::installed::installed;

/// Width and height of the picture that is encoded to hear what libx264 says of itself.
const SIDE: u32 = 16;

/// The versions of the libraries that make videos.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    /// FFmpeg, as its packager names it: `5.1.9-0+deb12u1`.
    pub libav: String,
    /// Its codecs: `59.37.100`.
    pub libavcodec: String,
    /// libx264, its build and revision: `164 r3095 baee400`. `None` if libav has no libx264.
    pub x264: Option<String>,
}

/// Asks the libraries for their versions.
#[must_use]
pub fn versions() -> Versions {
    let libavcodec = installed().version;
    // SAFETY: libav returns a text that ends with a zero and that nobody changes or frees.
    let version = unsafe { CStr::from_ptr(ffmpeg::ffi::av_version_info()) };
    Versions { libav: version.to_string_lossy().into_owned(), libavcodec, x264: x264() }
}

/// libx264 has no function that returns its version. It writes it into each stream.
fn x264() -> Option<String> {
    let codec = ffmpeg::encoder::find_by_name("libx264")?;
    let mut video = codec::Context::new_with_codec(codec).encoder().video().ok()?;
    video.set_width(SIDE);
    video.set_height(SIDE);
    video.set_format(Pixel::YUV420P);
    video.set_time_base(Rational(1, 25));
    let mut encoder = video.open().ok()?;
    let mut picture = frame::Video::new(Pixel::YUV420P, SIDE, SIDE);
    (0..picture.planes()).for_each(|plane| picture.data_mut(plane).fill(0));
    picture.set_pts(Some(0));
    encoder.send_frame(&picture).ok()?;
    encoder.send_eof().ok()?;
    let mut packet = Packet::empty();
    encoder.receive_packet(&mut packet).ok()?;
    named(packet.data()?)
}

/// The version in `x264 - core 164 r3095 baee400 - H.264/MPEG-4 AVC codec - …`.
fn named(stream: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(stream);
    let (_, version) = text.split_once("x264 - core ")?;
    Some(version.split_once(" - ")?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_library_tells_its_version() {
        let versions = versions();
        let is_number = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
        assert!(is_number(&versions.libav) && is_number(&versions.libavcodec), "{versions:?}");
        assert!(versions.x264.as_deref().is_some_and(is_number), "{versions:?}");
    }

    #[test]
    fn a_stream_that_names_no_encoder_has_no_version() {
        assert_eq!(named(b"\x06x264 - core 164 r3095 baee400 - H.264"), Some("164 r3095 baee400".into()));
        assert_eq!(named(b"\x06x264 - core 164"), None);
        assert_eq!(named(b"\xFF\x00"), None);
    }
}
