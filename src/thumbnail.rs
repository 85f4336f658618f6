//! Any picture as a thumbnail: 512×512, all of it visible, black beside it.
//!
//! Knows nothing about tapes or paintings. Pixel art is enlarged by repeating pixels, everything larger than the
//! thumbnail is reduced with Lanczos3; both as the site does it.

use fast_image_resize as resize;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use resize::images::Image;
use resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use crate::picture::Picture;

/// Width and height of a thumbnail.
pub const SIDE: u32 = 512;

/// JPEG quality; what the site uses.
const JPEG_QUALITY: u8 = 90;

/// Fits a picture into a thumbnail.
///
/// # Panics
/// Never for a picture that has pixels.
#[must_use]
pub fn thumbnail(picture: &Picture) -> Picture {
    let (width, height) = contained(picture.width, picture.height);
    let enlarges = width > picture.width || height > picture.height;
    let algorithm = if enlarges { ResizeAlg::Nearest } else { ResizeAlg::Convolution(FilterType::Lanczos3) };
    let from = Image::from_vec_u8(picture.width, picture.height, picture.rgb.clone(), PixelType::U8x3)
        .expect("a picture has three bytes for each pixel");
    let mut to = Image::new(width, height, PixelType::U8x3);
    Resizer::new()
        .resize(&from, &mut to, &ResizeOptions::new().resize_alg(algorithm))
        .expect("both images are U8x3 and have pixels");

    let mut canvas = Picture::black(SIDE, SIDE);
    let (left, top) = ((SIDE - width) as usize / 2 * 3, (SIDE - height) as usize / 2);
    let row_bytes = width as usize * 3;
    for (to, from) in canvas.rows_mut().skip(top).zip(to.buffer().chunks_exact(row_bytes)) {
        to[left..left + row_bytes].copy_from_slice(from);
    }
    canvas
}

/// The largest size of the same shape that fits; at least one pixel each way.
fn contained(width: u32, height: u32) -> (u32, u32) {
    let longest = u64::from(width.max(height));
    let side = |side: u32| ((u64::from(side) * u64::from(SIDE) + longest / 2) / longest).max(1) as u32;
    (side(width), side(height))
}

/// Encodes a picture as JPEG, chroma at full resolution.
///
/// # Panics
/// Never for a picture whose sides are below 65,536.
#[must_use]
pub fn jpeg(picture: &Picture) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)
        .write_image(&picture.rgb, picture.width, picture.height, ExtendedColorType::Rgb8)
        .expect("memory takes what is written, and no side of a thumbnail is too long");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(width: u32, height: u32) -> Picture {
        Picture { width, height, rgb: vec![200; (width * height * 3) as usize] }
    }

    #[test]
    fn all_of_the_picture_is_visible_and_the_rest_is_black() {
        for (width, height, filled) in
            [(320, 240, 512 * 384), (1, 1, 512 * 512), (512, 512, 512 * 512), (2000, 1000, 512 * 256), (1, 4000, 512)]
        {
            let thumbnail = thumbnail(&plain(width, height));
            assert_eq!((thumbnail.width, thumbnail.height), (SIDE, SIDE));
            let lit = thumbnail.rgb.chunks_exact(3).filter(|pixel| pixel[0] > 190).count();
            assert_eq!(lit, filled, "{width}x{height}");
        }
    }

    #[test]
    fn pixel_art_stays_sharp() {
        let mut picture = plain(2, 1);
        picture.rgb = vec![0, 0, 0, 255, 255, 255];
        assert!(thumbnail(&picture).rgb.iter().all(|&value| value == 0 || value == 255));
    }

    #[test]
    fn a_jpeg_reads_back_as_what_it_was() {
        let picture = thumbnail(&plain(64, 64));
        let read = image::load_from_memory(&jpeg(&picture)).unwrap().into_rgb8();
        assert_eq!(read.dimensions(), (SIDE, SIDE));
        assert!(read.pixels().all(|pixel| pixel.0[1].abs_diff(200) < 3));
    }
}
