//! Fits pictures into squares: enlarges by repeating pixels, reduces with Lanczos3.
//!
//! The pixel type is chosen at compile time: the resizer that chooses it at run time is compiled for all thirteen
//! types, which make a quarter of all code in a build.

use fast_image_resize as resize;
use resize::images::{TypedImage, TypedImageRef};
use resize::pixels::{U8x3, U8x4};
use resize::{FilterType, MulDiv, PixelTrait, ResizeAlg, ResizeOptions, Resizer};

use crate::picture::Picture;

/// Width and height of a thumbnail.
pub const SIDE: u32 = 512;

/// Why the bytes always form an image: their number follows from its size, and they need no alignment.
const ENOUGH: &str = "there are as many bytes as pixels need";

/// Fits a picture into a thumbnail.
#[must_use]
pub fn thumbnail(picture: &Picture) -> Picture {
    let rgb = contain::<U8x3>(&picture.rgb, (picture.width, picture.height), SIDE);
    Picture { width: SIDE, height: SIDE, rgb }
}

/// The whole picture, as large as fits into a square, without borders.
#[must_use]
pub fn fitted(picture: &Picture, side: u32) -> Picture {
    let (width, height) = contained(picture.width, picture.height, side);
    let rgb = resized::<U8x3>(&picture.rgb, (picture.width, picture.height), (width, height));
    Picture { width, height, rgb }
}

/// Fits pixels into the middle of a square. The border is 0: black, and transparent if there is alpha.
pub fn contain<P: PixelTrait>(pixels: &[u8], (width, height): (u32, u32), side: u32) -> Vec<u8> {
    let (inner_width, inner_height) = contained(width, height, side);
    let inner = resized::<P>(pixels, (width, height), (inner_width, inner_height));
    let pixel_bytes = P::size();
    let mut canvas = vec![0; side as usize * side as usize * pixel_bytes];
    let (left, top) = ((side - inner_width) as usize / 2 * pixel_bytes, (side - inner_height) as usize / 2);
    let (row, inner_row) = (side as usize * pixel_bytes, inner_width as usize * pixel_bytes);
    for (to, from) in canvas.chunks_exact_mut(row).skip(top).zip(inner.chunks_exact(inner_row)) {
        to[left..left + inner_row].copy_from_slice(from);
    }
    canvas
}

/// Pixels at another size: repeated if it is larger, otherwise filtered.
fn resized<P: PixelTrait>(pixels: &[u8], (width, height): (u32, u32), (to_width, to_height): (u32, u32)) -> Vec<u8> {
    let reduces = is_reduced((width, height), (to_width, to_height));
    let algorithm = if reduces { ResizeAlg::Convolution(FilterType::Lanczos3) } else { ResizeAlg::Nearest };
    // Alpha is multiplied beforehand, if there is any.
    let options = ResizeOptions::new().resize_alg(algorithm).use_alpha(false);
    let from = TypedImageRef::<P>::from_buffer(width, height, pixels).expect(ENOUGH);
    let mut resized = vec![0; to_width as usize * to_height as usize * P::size()];
    let mut to = TypedImage::<P>::from_buffer(to_width, to_height, &mut resized).expect(ENOUGH);
    Resizer::new().resize_typed(&from, &mut to, &options).expect("all of the picture is within it");
    resized
}

/// Whether `to` has fewer columns or rows than `from`.
pub fn is_reduced(from: (u32, u32), to: (u32, u32)) -> bool {
    to.0 < from.0 || to.1 < from.1
}

/// Multiplies colours by their alpha, in place.
pub fn multiply_alpha(rgba: &mut [u8], (width, height): (u32, u32)) {
    let mut image = TypedImage::<U8x4>::from_buffer(width, height, rgba).expect(ENOUGH);
    MulDiv::new().multiply_alpha_inplace_typed(&mut image).expect("these pixels have alpha");
}

/// Divides the colours of a square by their alpha, in place.
pub fn divide_alpha(rgba: &mut [u8], side: u32) {
    let mut image = TypedImage::<U8x4>::from_buffer(side, side, rgba).expect(ENOUGH);
    MulDiv::new().divide_alpha_inplace_typed(&mut image).expect("these pixels have alpha");
}

/// The largest size of the same aspect ratio that fits; at least one pixel in each direction.
pub fn contained(width: u32, height: u32, side: u32) -> (u32, u32) {
    let longest = u64::from(width.max(height));
    let scaled = |length: u32| ((u64::from(length) * u64::from(side) + longest / 2) / longest).max(1) as u32;
    (scaled(width), scaled(height))
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
}
