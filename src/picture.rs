//! A PNG or WebP, of any colour type, as 8-bit RGB.
//!
//! Alpha is composited over black, because a video has none. This module knows neither the source nor the use of a
//! picture. Decoding is done in safe Rust; the size is checked before anything is allocated.

use std::io::Cursor;

use png::{BitDepth, ColorType, Transformations};

use crate::error::{Error, Result, TapeError};

/// The two formats that recorders write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// PNG of any kind.
    Png,
    /// WebP, lossy or lossless; the first picture of an animation.
    Webp,
}

/// An opaque picture: rows of RGB, top to bottom, no padding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `width * height * 3` bytes.
    pub rgb: Vec<u8>,
}

/// The number of bytes of a file that [`probe`] needs.
pub const PROBE_BYTES: u64 = 64;

/// Recognises a picture by its first bytes: format, width and height.
#[must_use]
pub fn probe(head: &[u8]) -> Option<(Format, u32, u32)> {
    if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        let side = |at: usize| Some(u32::from_be_bytes(head.get(at..at + 4)?.try_into().ok()?));
        return (head.get(12..16)? == b"IHDR").then_some((Format::Png, side(16)?, side(20)?));
    }
    if head.starts_with(b"RIFF") && head.get(8..12)? == b"WEBP" {
        let (width, height) = webp_size(head)?;
        return Some((Format::Webp, width, height));
    }
    None
}

/// The size in a WebP's first chunk, which has one of three kinds: lossy, lossless, extended.
fn webp_size(head: &[u8]) -> Option<(u32, u32)> {
    let word = |at: usize| Some(u32::from(u16::from_le_bytes(head.get(at..at + 2)?.try_into().ok()?)));
    match head.get(12..16)? {
        b"VP8 " => Some((word(26)? & 0x3FFF, word(28)? & 0x3FFF)),
        b"VP8L" => {
            let bits = word(21)? | word(23)? << 16;
            Some(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
        }
        b"VP8X" => {
            Some(((word(24)? | u32::from(*head.get(26)?) << 16) + 1, (word(27)? | u32::from(*head.get(29)?) << 16) + 1))
        }
        _ => None,
    }
}

/// Decodes pictures one after another, keeping its buffers.
#[derive(Debug, Default)]
pub struct Decoder {
    decoded: Vec<u8>,
}

impl Decoder {
    /// Decodes `bytes` into `picture`, whose old contents are lost. `name` is for the error text.
    ///
    /// # Errors
    /// [`TapeError::Picture`] for damaged data and for a picture of more than `most_pixels`.
    pub fn decode(&mut self, name: &str, bytes: &[u8], most_pixels: u64, picture: &mut Picture) -> Result<()> {
        let damaged = |source: crate::error::Cause| Error::Tape(TapeError::Picture { name: name.into(), source });
        let Some((format, width, height)) = probe(bytes) else {
            return Err(damaged("neither PNG nor WebP".into()));
        };
        if u64::from(width) * u64::from(height) > most_pixels {
            return Err(damaged(format!("{width}x{height} is more than {most_pixels} pixels").into()));
        }
        picture.width = width;
        picture.height = height;
        match format {
            Format::Png => self.decode_png(bytes, picture).map_err(|error| damaged(error.into())),
            Format::Webp => self.decode_webp(bytes, picture).map_err(|error| damaged(error.into())),
        }
    }

    fn decode_png(&mut self, bytes: &[u8], picture: &mut Picture) -> Result<(), png::DecodingError> {
        let mut decoder = png::Decoder::new(Cursor::new(bytes));
        decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
        // The archive has its own checksum, and text chunks are not used.
        decoder.ignore_checksums(true);
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(true);
        let mut reader = decoder.read_info()?;
        let size = reader.output_buffer_size().ok_or(png::DecodingError::LimitsExceeded)?;
        if reader.output_color_type() == (ColorType::Rgb, BitDepth::Eight) {
            picture.rgb.resize(size, 0);
            reader.next_frame(&mut picture.rgb)?;
            return Ok(());
        }
        self.decoded.resize(size, 0);
        let info = reader.next_frame(&mut self.decoded)?;
        flatten(info.color_type, &self.decoded, &mut picture.rgb);
        Ok(())
    }

    fn decode_webp(&mut self, bytes: &[u8], picture: &mut Picture) -> Result<(), image::ImageError> {
        let mut decoder = image::codecs::webp::WebPDecoder::new(Cursor::new(bytes))?;
        let limits = image::Limits::default();
        image::ImageDecoder::set_limits(&mut decoder, limits)?;
        let (width, height) = image::ImageDecoder::dimensions(&decoder);
        (picture.width, picture.height) = (width, height);
        let color = image::ImageDecoder::color_type(&decoder);
        self.decoded.resize(image::ImageDecoder::total_bytes(&decoder) as usize, 0);
        image::ImageDecoder::read_image(decoder, &mut self.decoded)?;
        let color = if color.has_alpha() { ColorType::Rgba } else { ColorType::Rgb };
        flatten(color, &self.decoded, &mut picture.rgb);
        Ok(())
    }
}

/// Any 8-bit samples as RGB over black.
fn flatten(color: ColorType, samples: &[u8], rgb: &mut Vec<u8>) {
    rgb.clear();
    match color {
        ColorType::Rgb | ColorType::Indexed => rgb.extend_from_slice(samples),
        ColorType::Grayscale => rgb.extend(samples.iter().flat_map(|&gray| [gray; 3])),
        ColorType::GrayscaleAlpha => rgb.extend(samples.chunks_exact(2).flat_map(|ga| [over_black(ga[0], ga[1]); 3])),
        ColorType::Rgba => {
            rgb.resize(samples.len() / 4 * 3, 0);
            for (rgb, rgba) in rgb.chunks_exact_mut(3).zip(samples.chunks_exact(4)) {
                rgb.copy_from_slice(&rgba[..3]);
                if rgba[3] != 255 {
                    for value in rgb {
                        *value = over_black(*value, rgba[3]);
                    }
                }
            }
        }
    }
}

fn over_black(value: u8, alpha: u8) -> u8 {
    ((u16::from(value) * u16::from(alpha) + 127) / 255) as u8
}

impl Picture {
    /// A black picture.
    #[must_use]
    pub fn black(width: u32, height: u32) -> Self {
        Picture { width, height, rgb: vec![0; width as usize * height as usize * 3] }
    }

    /// Rows of RGBA over black.
    #[must_use]
    pub fn over_black(width: u32, height: u32, rgba: &[u8]) -> Self {
        let mut picture = Picture { width, height, rgb: Vec::new() };
        flatten(ColorType::Rgba, rgba, &mut picture.rgb);
        picture
    }

    /// Decodes a whole file. `name` is for the error text.
    ///
    /// # Errors
    /// As [`Decoder::decode`].
    pub fn decode(name: &str, bytes: &[u8], most_pixels: u64) -> Result<Self> {
        let mut picture = Picture::default();
        Decoder::default().decode(name, bytes, most_pixels, &mut picture)?;
        Ok(picture)
    }

    /// Makes this picture `width` by `height`: cropped at the right and the bottom, or black there.
    pub fn place_on(&mut self, width: u32, height: u32) {
        if (self.width, self.height) == (width, height) {
            return;
        }
        let mut canvas = Picture::black(width, height);
        let common = self.width.min(width) as usize * 3;
        for (to, from) in canvas.rows_mut().zip(self.rows()) {
            to[..common].copy_from_slice(&from[..common]);
        }
        *self = canvas;
    }

    /// The rows, top to bottom.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, u8> {
        self.rgb.chunks_exact((self.width as usize * 3).max(1))
    }

    /// The rows, top to bottom.
    pub fn rows_mut(&mut self) -> std::slice::ChunksExactMut<'_, u8> {
        self.rgb.chunks_exact_mut((self.width as usize * 3).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_is_composited_over_black() {
        let mut rgb = Vec::new();
        flatten(ColorType::Rgba, &[200, 100, 50, 255, 200, 100, 50, 128, 9, 9, 9, 0], &mut rgb);
        assert_eq!(rgb, [200, 100, 50, 100, 50, 25, 0, 0, 0]);
        flatten(ColorType::GrayscaleAlpha, &[200, 128], &mut rgb);
        assert_eq!(rgb, [100, 100, 100]);
    }

    #[test]
    fn a_picture_of_another_size_is_placed_top_left_on_black() {
        let mut picture = Picture { width: 2, height: 1, rgb: vec![1, 2, 3, 4, 5, 6] };
        picture.place_on(1, 2);
        assert_eq!(picture.rgb, [1, 2, 3, 0, 0, 0]);
        picture.place_on(2, 1);
        assert_eq!(picture.rgb, [1, 2, 3, 0, 0, 0]);
    }

    #[test]
    fn what_is_no_picture_is_not_recognised() {
        for bytes in [&b""[..], b"<!doctype html>", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8X", b"RIFFxxxxWAVEfmt "]
        {
            assert_eq!(probe(bytes), None);
        }
    }
}
