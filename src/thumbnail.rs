//! Any picture as a thumbnail: a square with all of it visible, black or nothing beside it.
//!
//! Pixel art is enlarged by repeating pixels, everything larger than the thumbnail is reduced with Lanczos3; both as
//! the site does it. Tapes have JPEGs, as what is on a screen has no alpha; paintings keep theirs, in a PNG, as long as
//! that is small enough.

mod deep;

use std::io::{BufRead, Seek, SeekFrom};

use fast_image_resize as resize;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType as RowFilter, PngEncoder};
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, RgbaImage};
use resize::images::{Image, ImageRef};
use resize::{FilterType, MulDiv, PixelType, ResizeAlg, ResizeOptions, Resizer};

use crate::error::{Error, Result, TapeError};
use crate::picture::Picture;
use crate::tape::Tape;

/// Width and height of a thumbnail.
pub const SIDE: u32 = 512;

/// Bytes the thumbnail of a painting may have; what thousands of accounts can keep. The lexicon would allow ten times
/// as many.
pub const MAX_PAINTING_BYTES: usize = 100 * 1024;

/// Pixels a painting may have; a 4K canvas has half as many. They take 64 MiB.
pub const MAX_PIXELS: u64 = 4096 * 4096;

/// Bytes the file of a painting may have: as many pixels that do not compress at all.
pub const MAX_FILE_BYTES: u64 = MAX_PIXELS * 4;

/// What is tried in turn until the thumbnail of a painting is small enough. The last always is: 128×128 pixels have
/// 64 KiB before they are packed.
const SIDES: [u32; 4] = [SIDE, 384, 256, 128];

/// JPEG quality; what the site uses.
const JPEG_QUALITY: u8 = 90;

/// A thumbnail as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    /// The file; the same for the same picture.
    pub bytes: Vec<u8>,
    /// What it is: `image/png` or `image/jpeg`.
    pub mime_type: &'static str,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// The thumbnail of a tape: its middle frame, as on the site.
///
/// # Errors
/// Those of reading the frame.
pub fn tape(tape: &Tape) -> Result<Thumbnail> {
    let picture = thumbnail(&tape.middle_picture()?);
    Ok(Thumbnail { bytes: jpeg(&picture), mime_type: "image/jpeg", width: SIDE, height: SIDE })
}

/// The thumbnail of a painting, which is a PNG, a JPEG or a WebP.
///
/// A PNG if that has no more than [`MAX_PAINTING_BYTES`], else a JPEG; and if that is too large as well, a smaller one.
///
/// # Errors
/// [`TapeError::Picture`] for what is no picture or a damaged one, [`Error::Limit`] for one of too many pixels.
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
        // The colour of what is transparent must not be seen at edges that are filtered. Worked in where the painting is:
        // a copy of a large one takes as much memory again.
        if !is_multiplied && is_reduced((width, height), contained(width, height, side)) {
            multiply_alpha(&mut painting, (width, height));
            is_multiplied = true;
        }
        let mut rgba = contain(&painting, (width, height), PixelType::U8x4, side);
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

/// Bytes of memory that [`painting`] takes at most, by what the picture says of itself.
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
    // Only PNGs are read as they are decoded.
    let before = if is_deep || decoder.total_bytes() == rgba { 0 } else { decoder.total_bytes() };
    Ok(rgba + before + if is_png { 0 } else { file })
}

/// Decodes a painting after a look at its size.
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

/// What decodes a picture that is not too large.
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

/// Fits a picture into a thumbnail.
#[must_use]
pub fn thumbnail(picture: &Picture) -> Picture {
    let rgb = contain(&picture.rgb, (picture.width, picture.height), PixelType::U8x3, SIDE);
    Picture { width: SIDE, height: SIDE, rgb }
}

/// The whole picture, as large as fits into a square, with nothing beside it.
#[must_use]
pub fn fitted(picture: &Picture, side: u32) -> Picture {
    let (width, height) = contained(picture.width, picture.height, side);
    let rgb = resized(&picture.rgb, (picture.width, picture.height), (width, height), PixelType::U8x3);
    Picture { width, height, rgb }
}

/// Fits pixels into a square, in the middle. Beside them everything is 0: black, and transparent if there is alpha.
fn contain(pixels: &[u8], (width, height): (u32, u32), pixel_type: PixelType, side: u32) -> Vec<u8> {
    let (inner_width, inner_height) = contained(width, height, side);
    let inner = resized(pixels, (width, height), (inner_width, inner_height), pixel_type);
    let pixel_bytes = pixel_type.size();
    let mut canvas = vec![0; side as usize * side as usize * pixel_bytes];
    let (left, top) = ((side - inner_width) as usize / 2 * pixel_bytes, (side - inner_height) as usize / 2);
    let (row, inner_row) = (side as usize * pixel_bytes, inner_width as usize * pixel_bytes);
    for (to, from) in canvas.chunks_exact_mut(row).skip(top).zip(inner.chunks_exact(inner_row)) {
        to[left..left + inner_row].copy_from_slice(from);
    }
    canvas
}

/// Pixels at another size: repeated if that is larger, else filtered.
fn resized(
    pixels: &[u8],
    (width, height): (u32, u32),
    (to_width, to_height): (u32, u32),
    pixel_type: PixelType,
) -> Vec<u8> {
    let reduces = is_reduced((width, height), (to_width, to_height));
    let algorithm = if reduces { ResizeAlg::Convolution(FilterType::Lanczos3) } else { ResizeAlg::Nearest };
    // Alpha is worked in before, if there is any.
    let options = ResizeOptions::new().resize_alg(algorithm).use_alpha(false);
    let from = ImageRef::new(width, height, pixels, pixel_type).expect("there are as many bytes as pixels need");
    let mut to = Image::new(to_width, to_height, pixel_type);
    Resizer::new().resize(&from, &mut to, &options).expect("both images are of one type and have pixels");
    to.into_vec()
}

fn is_reduced(from: (u32, u32), to: (u32, u32)) -> bool {
    to.0 < from.0 || to.1 < from.1
}

/// Multiplies colours by their alpha, in place.
fn multiply_alpha(rgba: &mut [u8], (width, height): (u32, u32)) {
    let image = Image::from_slice_u8(width, height, rgba, PixelType::U8x4);
    let mut image = image.expect("there are as many bytes as pixels need");
    MulDiv::new().multiply_alpha_inplace(&mut image).expect("these pixels have alpha");
}

/// Divides the colours of a square by their alpha, in place.
fn divide_alpha(rgba: &mut [u8], side: u32) {
    let image = Image::from_slice_u8(side, side, rgba, PixelType::U8x4);
    let mut image = image.expect("there are as many bytes as pixels need");
    MulDiv::new().divide_alpha_inplace(&mut image).expect("these pixels have alpha");
}

/// The largest size of the same shape that fits; at least one pixel each way.
fn contained(width: u32, height: u32, side: u32) -> (u32, u32) {
    let longest = u64::from(width.max(height));
    let scaled = |length: u32| ((u64::from(length) * u64::from(side) + longest / 2) / longest).max(1) as u32;
    (scaled(width), scaled(height))
}

/// Encodes a square as PNG, with alpha only if there is any.
fn png(rgba: &[u8], side: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, RowFilter::Adaptive);
    let pixels = rgba.as_chunks::<4>().0;
    let written = if pixels.iter().all(|pixel| pixel[3] == 255) {
        let rgb: Vec<u8> = pixels.iter().flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        encoder.write_image(&rgb, side, side, ExtendedColorType::Rgb8)
    } else {
        encoder.write_image(rgba, side, side, ExtendedColorType::Rgba8)
    };
    written.expect("memory takes what is written");
    bytes
}

fn jpeg_over_black(rgba: &[u8], side: u32) -> Vec<u8> {
    jpeg(&Picture::over_black(side, side, rgba))
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
    use std::io::Cursor;

    use super::*;

    fn painting(bytes: &[u8]) -> Result<Thumbnail> {
        super::painting(Cursor::new(bytes))
    }

    fn plain(width: u32, height: u32) -> Picture {
        Picture { width, height, rgb: vec![200; (width * height * 3) as usize] }
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

    /// Pixels that follow no rule a coder could find.
    fn noise(x: u32, y: u32) -> u8 {
        let mixed = (x ^ y.rotate_left(16)).wrapping_mul(0x9E37_79B9);
        (mixed ^ mixed >> 15).wrapping_mul(0x85EB_CA6B).to_be_bytes()[1]
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
