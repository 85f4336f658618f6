//! Thumbnails as files: PNG and JPEG.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType as RowFilter, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use crate::picture::Picture;

/// JPEG quality, the same as on the site.
const JPEG_QUALITY: u8 = 90;

/// A thumbnail as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    /// The file; the same bytes for the same picture.
    pub bytes: Vec<u8>,
    /// Its type: `image/png` or `image/jpeg`.
    pub mime_type: &'static str,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// Encodes a square as PNG, with alpha only if there is any.
pub fn png(rgba: &[u8], side: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, RowFilter::Adaptive);
    let pixels = rgba.as_chunks::<4>().0;
    let written = if pixels.iter().all(|pixel| pixel[3] == 255) {
        let rgb: Vec<u8> = pixels.iter().flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        encoder.write_image(&rgb, side, side, ExtendedColorType::Rgb8)
    } else {
        encoder.write_image(rgba, side, side, ExtendedColorType::Rgba8)
    };
    written.expect("writing to memory cannot fail");
    bytes
}

/// Encodes a square as JPEG, with transparent parts over black.
pub fn jpeg_over_black(rgba: &[u8], side: u32) -> Vec<u8> {
    jpeg(&Picture::over_black(side, side, rgba))
}

/// Encodes a picture as JPEG with chroma at full resolution.
///
/// # Panics
/// Never, if both sides are below 65,536.
#[must_use]
pub fn jpeg(picture: &Picture) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)
        .write_image(&picture.rgb, picture.width, picture.height, ExtendedColorType::Rgb8)
        .expect("writing to memory cannot fail, and no side of a thumbnail is too long");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jpeg_reads_back_as_what_it_was() {
        let (width, height) = (512, 384);
        let picture = Picture { width, height, rgb: vec![200; (width * height * 3) as usize] };
        let read = image::load_from_memory(&jpeg(&picture)).unwrap().into_rgb8();
        assert_eq!(read.dimensions(), (width, height));
        assert!(read.pixels().all(|pixel| pixel.0[1].abs_diff(200) < 3));
    }
}
