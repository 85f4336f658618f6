//! PNGs with 16 bits per channel, read row by row to keep only eight bits of each sample: the largest would take twice
//! the memory otherwise.

use std::io::{BufRead, Seek};

use image::{DynamicImage, ImageBuffer, RgbaImage};
use png::{BitDepth, ColorType, Decoder, Transformations};

use crate::error::{Cause, Result};

/// Whether an image is a PNG with 16 bits per channel. Seeks back to the start.
pub fn is_deep(image: &mut (impl BufRead + Seek)) -> bool {
    let mut is_deep = false;
    if let Ok(reader) = Decoder::new(&mut *image).read_info() {
        let info = reader.info();
        is_deep = info.bit_depth == BitDepth::Sixteen && !info.interlaced;
    }
    image.rewind().is_ok() && is_deep
}

/// Decodes the image.
pub fn decode(image: impl BufRead + Seek) -> Result<RgbaImage, Cause> {
    let mut decoder = Decoder::new(image);
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info()?;
    let (width, height) = (reader.info().width, reader.info().height);
    let (color, _) = reader.output_color_type();
    let mut rgba = Vec::with_capacity(width as usize * height as usize * 4);
    while let Some(row) = reader.next_row()? {
        let values = row.data().as_chunks().0.iter().copied().map(u16::from_be_bytes).collect();
        let row = match color {
            ColorType::Grayscale => ImageBuffer::from_raw(width, 1, values).map(DynamicImage::ImageLuma16),
            ColorType::GrayscaleAlpha => ImageBuffer::from_raw(width, 1, values).map(DynamicImage::ImageLumaA16),
            ColorType::Rgb => ImageBuffer::from_raw(width, 1, values).map(DynamicImage::ImageRgb16),
            ColorType::Rgba => ImageBuffer::from_raw(width, 1, values).map(DynamicImage::ImageRgba16),
            ColorType::Indexed => None,
        };
        rgba.extend_from_slice(&row.ok_or("length of a row differs from the header")?.into_rgba8());
    }
    RgbaImage::from_raw(width, height, rgba).ok_or_else(|| "file ends before the last row".into())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::ImageFormat;

    use super::*;

    #[test]
    fn what_comes_out_is_what_the_image_crate_makes_of_it() {
        let value = |x: u32, y: u32, channel: u32| (x * 7_919 + y * 104_729 + channel * 31_337) as u16;
        let images: [DynamicImage; 4] = [
            ImageBuffer::from_fn(61, 43, |x, y| image::Luma([value(x, y, 0)])).into(),
            ImageBuffer::from_fn(61, 43, |x, y| image::LumaA([value(x, y, 0), value(x, y, 1)])).into(),
            ImageBuffer::from_fn(61, 43, |x, y| image::Rgb([0, 1, 2].map(|channel| value(x, y, channel)))).into(),
            ImageBuffer::from_fn(61, 43, |x, y| image::Rgba([0, 1, 2, 3].map(|channel| value(x, y, channel)))).into(),
        ];
        for image in images {
            let mut png = Cursor::new(Vec::new());
            image.write_to(&mut png, ImageFormat::Png).unwrap();
            png.set_position(0);
            assert!(is_deep(&mut png));
            assert_eq!(decode(png).unwrap(), image.to_rgba8());
        }
    }

    #[test]
    fn what_is_cut_short_is_an_error() {
        let image = DynamicImage::from(ImageBuffer::from_pixel(9, 9, image::Rgba([1_u16, 2, 3, 4])));
        let mut png = Cursor::new(Vec::new());
        image.write_to(&mut png, ImageFormat::Png).unwrap();
        let bytes = png.into_inner();
        for length in [0, 8, 40, bytes.len() / 2, bytes.len() - 20] {
            let mut cut = Cursor::new(&bytes[..length]);
            assert!(!is_deep(&mut cut) || decode(cut).is_err(), "{length}");
        }
    }
}
