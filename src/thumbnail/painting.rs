//! Thumbnails of paintings: untrusted files, decoded under limits, and reduced until they are small enough.

use std::io::{BufRead, Seek, SeekFrom};

use fast_image_resize::pixels::U8x4;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, RgbaImage};

use crate::error::{Error, Result, TapeError};

use super::deep;
use super::encoded::{Thumbnail, jpeg_over_black, png};
use super::fit::{SIDE, contain, contained, divide_alpha, is_reduced, multiply_alpha};

/// Maximum size of a painting's thumbnail in bytes, so that thousands of accounts can store theirs. The lexicon allows
/// ten times as many.
pub const MAX_PAINTING_BYTES: usize = 100 * 1024;

/// Maximum number of pixels in a painting: twice those of a 4K canvas. They take 64 MiB.
pub const MAX_PIXELS: u64 = 4096 * 4096;

/// Maximum size of a painting's file in bytes: the same number of pixels without any compression.
pub const MAX_FILE_BYTES: u64 = MAX_PIXELS * 4;

/// Sides to try in turn until the thumbnail of a painting is small enough. The last one always is: 128×128 pixels take
/// 64 KiB uncompressed.
const SIDES: [u32; 4] = [SIDE, 384, 256, 128];

/// Makes the thumbnail of a painting, which is a PNG, a JPEG or a WebP.
///
/// The thumbnail is a PNG if it takes at most [`MAX_PAINTING_BYTES`], otherwise a JPEG; and if that is too large as
/// well, a smaller one.
///
/// # Errors
/// [`TapeError::Picture`] if the picture is damaged or not one; [`Error::Limit`] if it has too many pixels.
///
/// # Panics
/// Never: the smallest thumbnail is small enough.
pub fn painting(image: impl BufRead + Seek) -> Result<Thumbnail> {
    let mut painting = decode(image)?;
    let (width, height) = painting.dimensions();
    let mut sides = SIDES.into_iter();
    let mut is_multiplied = false;
    loop {
        let side = sides.next().expect("the smallest thumbnail is small enough");
        // The colour of transparent pixels must not bleed into filtered edges. Multiplied in place, because a copy of a
        // large painting would take as much memory again.
        if !is_multiplied && is_reduced((width, height), contained(width, height, side)) {
            multiply_alpha(&mut painting, (width, height));
            is_multiplied = true;
        }
        let mut rgba = contain::<U8x4>(&painting, (width, height), side);
        if is_multiplied {
            divide_alpha(&mut rgba, side);
        }
        for (mime_type, encode) in [("image/png", png as fn(&[u8], u32) -> Vec<u8>), ("image/jpeg", jpeg_over_black)] {
            let bytes = encode(&rgba, side);
            if bytes.len() <= MAX_PAINTING_BYTES {
                return Ok(Thumbnail { bytes, mime_type, width: side, height: side });
            }
        }
    }
}

/// The most memory that [`painting`] takes, in bytes, according to the picture's header.
///
/// # Errors
/// As [`painting`].
pub fn memory(mut image: impl BufRead + Seek) -> Result<u64> {
    let file = image.seek(SeekFrom::End(0)).map_err(|error| damaged(error.into()))?;
    image.rewind().map_err(|error| damaged(error.into()))?;
    let is_deep = deep::is_deep(&mut image);
    let reader = guessed(image)?;
    let is_png = reader.format() == Some(ImageFormat::Png);
    let decoder = checked(reader)?;
    let (width, height) = decoder.dimensions();
    let rgba = u64::from(width) * u64::from(height) * 4;
    // Only PNGs are decoded as they are read.
    let before = if is_deep || decoder.total_bytes() == rgba { 0 } else { decoder.total_bytes() };
    Ok(rgba + before + if is_png { 0 } else { file })
}

/// Decodes a painting after a check of its size.
fn decode(mut image: impl BufRead + Seek) -> Result<RgbaImage> {
    let is_deep = deep::is_deep(&mut image);
    let decoder = checked(guessed(&mut image)?)?;
    if !is_deep {
        return Ok(DynamicImage::from_decoder(decoder).map_err(damaged)?.into_rgba8());
    }
    drop(decoder);
    image.rewind().map_err(|error| damaged(error.into()))?;
    deep::decode(image).map_err(|source| Error::Tape(TapeError::Picture { name: "image".into(), source }))
}

fn guessed<R: BufRead + Seek>(image: R) -> Result<ImageReader<R>> {
    ImageReader::new(image).with_guessed_format().map_err(|error| damaged(error.into()))
}

/// A decoder for a picture that is not too large.
fn checked<'a>(reader: ImageReader<impl BufRead + Seek + 'a>) -> Result<impl ImageDecoder + 'a> {
    let decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Error::Limit {
            what: "image is".into(),
            value: format!("{width}x{height} pixels"),
            limit: format!("{MAX_PIXELS} in all"),
            bound: None,
        });
    }
    Ok(decoder)
}

fn damaged(error: image::ImageError) -> Error {
    Error::Tape(TapeError::Picture { name: "image".into(), source: error.into() })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn painting(bytes: &[u8]) -> Result<Thumbnail> {
        super::painting(Cursor::new(bytes))
    }

    /// A PNG with alpha.
    fn painted(width: u32, height: u32, color: impl Fn(u32, u32) -> [u8; 4]) -> Vec<u8> {
        let image = RgbaImage::from_fn(width, height, |x, y| image::Rgba(color(x, y)));
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    fn read(thumbnail: &Thumbnail) -> RgbaImage {
        assert_eq!(image::guess_format(&thumbnail.bytes).unwrap().to_mime_type(), thumbnail.mime_type);
        let image = image::load_from_memory(&thumbnail.bytes).unwrap().into_rgba8();
        assert_eq!(image.dimensions(), (thumbnail.width, thumbnail.height));
        image
    }

    /// Pixels without a pattern that an encoder could use.
    fn noise(x: u32, y: u32) -> u8 {
        let mixed = (x ^ y.rotate_left(16)).wrapping_mul(0x9E37_79B9);
        (mixed ^ mixed >> 15).wrapping_mul(0x85EB_CA6B).to_be_bytes()[1]
    }

    #[test]
    fn a_painting_keeps_its_alpha_and_has_nothing_beside_it() {
        let color = |x: u32, _| [[250, 0, 0, 255], [0, 250, 0, 3], [9, 9, 9, 0], [0, 0, 250, 128]][x as usize];
        let thumbnail = painting(&painted(4, 2, color)).unwrap();
        assert_eq!((thumbnail.mime_type, thumbnail.width), ("image/png", SIDE));
        for (x, y, pixel) in read(&thumbnail).enumerate_pixels() {
            let expected = if (128..384).contains(&y) { color(x / 128, 0) } else { [0; 4] };
            assert_eq!(pixel.0, expected, "{x}, {y}");
        }
    }

    #[test]
    fn the_colour_of_transparent_pixels_does_not_bleed_when_reduced() {
        let color = |x, _| if x < 499 { [200, 0, 0, 255] } else { [0, 255, 0, 0] };
        let image = read(&painting(&painted(1000, 1000, color)).unwrap());
        let seen = image.pixels().filter(|pixel| pixel.0[3] > 8);
        assert!(seen.into_iter().all(|pixel| pixel.0[0].abs_diff(200) < 20 && pixel.0[1] == 0));
        assert!(image.pixels().any(|pixel| (9..250).contains(&pixel.0[3])), "the edge lies between two pixels");
    }

    #[test]
    fn what_is_reduced_is_filtered() {
        let image = read(&painting(&painted(1024, 1024, |x, y| [(x + y) as u8 % 2 * 255, 0, 0, 255])).unwrap());
        assert!(image.pixels().all(|pixel| pixel.0[0].abs_diff(127) < 12));
    }

    #[test]
    fn what_has_the_right_size_is_not_touched() {
        let color = |x: u32, y: u32| [x as u8 & 0xF0, y as u8 & 0xF0, 7, if x < 9 { 77 } else { 255 }];
        let image = read(&painting(&painted(SIDE, SIDE, color)).unwrap());
        assert!(image.enumerate_pixels().all(|(x, y, pixel)| pixel.0 == color(x, y)));
    }

    #[test]
    fn a_thumbnail_is_always_small_enough() {
        let gray = |value: u8, alpha: u8| [value, value, value, alpha];
        let smooth = |x: u32, y: u32| [noise(x, y) / 16 + x as u8 / 4, y as u8 / 4 + 90, noise(y, x) / 16 + 60, 255];
        let rough = |x, y| [noise(x, y), noise(x + 5000, y), noise(x, y + 5000), 255];
        for (bytes, expected) in [
            (painted(128, 128, |x, y| gray(noise(x, y), 255)), ("image/png", 512)),
            (painted(512, 512, smooth), ("image/jpeg", 512)),
            (painted(512, 512, rough), ("image/jpeg", 256)),
            (painted(512, 512, |x, y| gray(noise(x, y), noise(y, x))), ("image/jpeg", 384)),
        ] {
            let thumbnail = painting(&bytes).unwrap();
            assert!(thumbnail.bytes.len() <= MAX_PAINTING_BYTES, "{}", thumbnail.bytes.len());
            assert_eq!((thumbnail.mime_type, thumbnail.width), expected, "{}", thumbnail.bytes.len());
            assert_eq!(read(&thumbnail).dimensions(), (expected.1, expected.1));
            assert_eq!(painting(&bytes).unwrap(), thumbnail);
        }
    }

    #[test]
    fn a_jpeg_of_a_painting_is_composited_over_black() {
        let color = |x, y| [noise(x, y), noise(x + 5000, y), noise(x, y + 5000), if y < 256 { 255 } else { 0 }];
        let thumbnail = painting(&painted(512, 512, color)).unwrap();
        assert_eq!(thumbnail.mime_type, "image/jpeg");
        let image = read(&thumbnail);
        let lower = image.enumerate_pixels().filter(|(_, y, _)| *y > thumbnail.height / 2 + 16);
        assert!(lower.into_iter().all(|(_, _, pixel)| pixel.0[..3].iter().all(|&value| value < 12)));
    }
}
