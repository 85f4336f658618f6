//! Converts the planes of an enlarged video back to an RGB picture of the tape's size: the inverse of
//! [`super::planes`].
//!
//! Every pixel of the video becomes red, green and blue in floats, clipped as on a screen; each pixel of the tape is
//! the mean of its block. Nothing is rounded, and libswscale is not used: its conversion has a larger error than a good
//! video. Pure arithmetic, independent of the source of the planes.

use serde::Serialize;

use crate::picture::Picture;

use super::planes::Geometry;

/// The geometry of a video that enlarges `source` by a whole number, if it does.
///
/// A converter may have padded or cropped the sides to even numbers: a difference of less than a pixel of the tape, or
/// of one pixel of the video, is accepted.
#[must_use]
pub fn fit(source: (u32, u32), video: (u32, u32)) -> Option<Geometry> {
    let fits = |scale: u32, from: u32, to: u32| scale > 0 && (from * scale).abs_diff(to) <= scale;
    let scales = [(video.0, source.0), (video.1, source.1)].map(|(to, from)| ((to + from / 2) / from.max(1)).max(1));
    let scale = scales.into_iter().find(|&scale| fits(scale, source.0, video.0) && fits(scale, source.1, video.1))?;
    let ((source_width, source_height), (width, height)) = (source, video);
    Some(Geometry { source_width, source_height, scale, width, height })
}

/// The meaning of the three samples of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Red, green, blue.
    Rgb,
    /// Luma and two colour differences.
    Yuv(Matrix, Swing),
}

/// The luma weights of a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Matrix {
    /// Standard definition; also for untagged files, as written by libswscale.
    Bt601,
    /// High definition.
    Bt709,
}

/// The values of black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Swing {
    /// 16 and 235.
    Limited,
    /// 0 and 255.
    Full,
}

/// One component of a frame: samples of one or two bytes somewhere in a plane.
#[derive(Debug, Clone, Copy)]
pub struct Component<'a> {
    /// The data from the first sample on.
    pub data: &'a [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
    /// Bytes from one sample to the next.
    pub step: usize,
    /// How often the columns and rows of the picture are halved.
    pub halved: (u8, u8),
    /// Bits of a sample, 8 to 16. More than 8 take two little-endian bytes.
    pub depth: u32,
    /// Bits below the sample.
    pub shift: u32,
}

/// A picture of a video, reduced to the tape's size.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reduced {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Red, green and blue of each pixel, from 0 to 255 and not rounded.
    pub rgb: Vec<f32>,
}

impl Reduced {
    /// Whether it is exactly this picture.
    #[must_use]
    pub fn is_exactly(&self, picture: &Picture) -> bool {
        let same = |(shown, level): (&f32, &u8)| *shown as u8 == *level && shown.fract() == 0.0;
        (self.width, self.height) == (picture.width, picture.height)
            && self.rgb.len() == picture.rgb.len()
            && self.rgb.iter().zip(&picture.rgb).all(same)
    }

    /// The picture rounded to whole levels.
    #[must_use]
    pub fn rounded(&self) -> Picture {
        let rgb = self.rgb.iter().map(|value| value.round() as u8).collect();
        Picture { width: self.width, height: self.height, rgb }
    }
}

/// Reduces frames one after another, keeping its buffers.
#[derive(Debug, Default)]
pub struct Reducer {
    lines: [Vec<f32>; 3],
    sums: [Vec<f32>; 3],
}

impl Reducer {
    /// Reduces a frame of the geometry's video size to its source size. Parts that the video crops are missing in
    /// `reduced`, whose old contents are lost.
    pub fn reduce(&mut self, from: &[Component<'_>; 3], coding: Coding, geometry: &Geometry, reduced: &mut Reduced) {
        let scale = geometry.scale as usize;
        reduced.width = geometry.source_width.min(geometry.width.div_ceil(geometry.scale));
        reduced.height = geometry.source_height.min(geometry.height.div_ceil(geometry.scale));
        let (columns, rows) = (reduced.width as usize, reduced.height as usize);
        // Neither parts outside of the video nor its padding count.
        let (width, height) = ((columns * scale).min(geometry.width as usize), geometry.height as usize);
        reduced.rgb.clear();
        let mut held = [None; 3];
        for row in 0..rows {
            let block = row * scale..((row + 1) * scale).min(height);
            for sum in &mut self.sums {
                sum.clear();
                sum.resize(width, 0.0);
            }
            for y in block.clone() {
                for (index, component) in from.iter().enumerate() {
                    let at = y >> component.halved.1;
                    if held[index] != Some(at) {
                        let levels = Levels::of(coding, index, component.depth);
                        unpack(component, at, levels, width, &mut self.lines[index]);
                        held[index] = Some(at);
                    }
                }
                self.add(coding);
            }
            let start = reduced.rgb.len();
            reduced.rgb.resize(start + 3 * columns, 0.0);
            let (pixels, _) = reduced.rgb[start..].as_chunks_mut();
            for (channel, sums) in self.sums.iter().enumerate() {
                match scale {
                    2 => means(sums.chunks_exact(2), block.len(), channel, pixels),
                    4 => means(sums.chunks_exact(4), block.len(), channel, pixels),
                    _ => means(sums.chunks(scale), block.len(), channel, pixels),
                }
            }
        }
    }

    /// Adds the lines to the sums, as red, green and blue.
    fn add(&mut self, coding: Coding) {
        let [first, second, third] = &self.lines;
        let [red, green, blue] = &mut self.sums;
        let lines = first.iter().zip(second).zip(third);
        let sums = red.iter_mut().zip(green).zip(blue);
        let Coding::Yuv(matrix, _) = coding else {
            for (((red, green), blue), ((&first, &second), &third)) in sums.zip(lines) {
                *red += first;
                *green += second;
                *blue += third;
            }
            return;
        };
        let (of_red, of_blue) = matrix.weights();
        let (to_red, to_blue, of_green) = (2.0 * (1.0 - of_red), 2.0 * (1.0 - of_blue), 1.0 - of_red - of_blue);
        for (((red, green), blue), ((&luma, &to_the_blue), &to_the_red)) in sums.zip(lines) {
            let r = luma + to_red * to_the_red;
            let b = luma + to_blue * to_the_blue;
            let g = (luma - of_red * r - of_blue * b) / of_green;
            *red += r.clamp(0.0, 255.0);
            *green += g.clamp(0.0, 255.0);
            *blue += b.clamp(0.0, 255.0);
        }
    }
}

impl Matrix {
    /// The weights of red and of blue in luma.
    fn weights(self) -> (f32, f32) {
        match self {
            Matrix::Bt601 => (0.299, 0.114),
            Matrix::Bt709 => (0.2126, 0.0722),
        }
    }
}

/// The conversion of a sample to levels of 255 above zero.
#[derive(Clone, Copy)]
struct Levels {
    zero: f32,
    each: f32,
}

impl Levels {
    fn of(coding: Coding, component: usize, depth: u32) -> Self {
        let step = (1_u32 << (depth - 8)) as f32;
        let each = 255.0 / ((1_u32 << depth) - 1) as f32;
        match (coding, component) {
            (Coding::Rgb, _) | (Coding::Yuv(_, Swing::Full), 0) => Levels { zero: 0.0, each },
            (Coding::Yuv(_, Swing::Full), _) => Levels { zero: 128.0 * step, each },
            (Coding::Yuv(_, Swing::Limited), 0) => Levels { zero: 16.0 * step, each: 255.0 / (219.0 * step) },
            (Coding::Yuv(_, Swing::Limited), _) => Levels { zero: 128.0 * step, each: 255.0 / (224.0 * step) },
        }
    }
}

/// Writes one channel of each pixel: the mean of its `columns`, each of which holds the sum of `rows` samples.
fn means<'a>(columns: impl Iterator<Item = &'a [f32]>, rows: usize, channel: usize, pixels: &mut [[f32; 3]]) {
    for (pixel, sums) in pixels.iter_mut().zip(columns) {
        pixel[channel] = sums.iter().sum::<f32>() / (sums.len() * rows) as f32;
    }
}

/// A row of a component's samples, each repeated for the pixels of the video that share it.
fn unpack(from: &Component<'_>, row: usize, levels: Levels, width: usize, line: &mut Vec<f32>) {
    let repeat = 1 << from.halved.0;
    let data = &from.data[row * from.stride..];
    let level = |sample: u16| (f32::from(sample) - levels.zero) * levels.each;
    line.resize(width, 0.0);
    match (from.depth, from.step, repeat) {
        // The usual format of H.264: four times as fast as the general case below.
        (8, 1, 1) => line.iter_mut().zip(data).for_each(|(pixel, &sample)| *pixel = level(sample.into())),
        (8, 1, 2) => {
            let (pairs, rest) = line.as_chunks_mut();
            pairs.iter_mut().zip(data).for_each(|(pixels, &sample)| *pixels = [level(sample.into()); 2]);
            rest.iter_mut().zip(&data[pairs.len()..]).for_each(|(pixel, &sample)| *pixel = level(sample.into()));
        }
        (depth, step, _) => {
            let sample = |bytes: &[u8]| match depth {
                8 => bytes[0].into(),
                _ => u16::from_le_bytes([bytes[0], bytes[1]]) >> from.shift,
            };
            let samples = line.chunks_mut(repeat).zip(data.chunks(step));
            samples.for_each(|(pixels, bytes)| pixels.fill(level(sample(bytes))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::planes::{Chroma, Converter, Plane};
    use proptest::prelude::*;

    fn scale(source: (u32, u32), video: (u32, u32)) -> Option<u32> {
        fit(source, video).map(|geometry| geometry.scale)
    }

    #[test]
    fn the_scale_is_found_despite_padding_and_cutting() {
        assert_eq!(scale((320, 240), (1280, 960)), Some(4));
        assert_eq!(scale((321, 241), (964, 724)), Some(3));
        assert_eq!(scale((321, 241), (962, 722)), Some(3));
        assert_eq!(scale((321, 241), (322, 242)), Some(1));
        assert_eq!(scale((321, 241), (320, 240)), Some(1));
    }

    #[test]
    fn other_shapes_and_sizes_fit_at_no_scale() {
        for video in [(320, 480), (480, 360), (100, 80), (1280, 720)] {
            assert_eq!(scale((320, 240), video), None, "{video:?}");
        }
    }

    fn plain(data: &[u8], stride: usize, step: usize, halved: (u8, u8)) -> Component<'_> {
        Component { data, stride, step, halved, depth: 8, shift: 0 }
    }

    /// Through the planes of a video and back.
    fn round_trip(picture: &Picture, scale: u32) -> Picture {
        let geometry = Geometry::new(picture.width, picture.height, scale, 2);
        let (width, height) = (geometry.width as usize, geometry.height as usize);
        let mut planes = [vec![0; width * height], vec![0; width * height / 4], vec![0; width * height / 4]];
        let strides = [width, width / 2, width / 2];
        let [luma, blue, red] = &mut planes;
        let mut index = 0;
        let to = [luma, blue, red].map(|data| {
            index += 1;
            Plane { data, stride: strides[index - 1] }
        });
        Converter::default().convert(picture, &geometry, Chroma::Halved, to);
        let components = [0, 1, 2].map(|index| {
            let halved = if index == 0 { (0, 0) } else { (1, 1) };
            plain(&planes[index], strides[index], 1, halved)
        });
        let mut reduced = Reduced::default();
        let fitted = fit((picture.width, picture.height), (geometry.width, geometry.height)).unwrap();
        Reducer::default().reduce(&components, Coding::Yuv(Matrix::Bt709, Swing::Limited), &fitted, &mut reduced);
        reduced.rounded()
    }

    proptest! {
        #[test]
        fn what_an_even_scale_stores_comes_back_up_to_rounding(
            (width, height, rgb) in (3_u32..9, 3_u32..9).prop_flat_map(|(width, height)| {
                let bytes = (width * height * 3) as usize;
                (Just(width), Just(height), prop::collection::vec(any::<u8>(), bytes))
            }),
            scale in prop::sample::select(vec![2_u32, 4, 6]),
        ) {
            let picture = Picture { width, height, rgb };
            let back = round_trip(&picture, scale);
            prop_assert_eq!((back.width, back.height), (width, height));
            prop_assert!(back.rgb.iter().zip(&picture.rgb).all(|(back, value)| back.abs_diff(*value) <= 4));
        }
    }

    #[test]
    fn packed_rgb_comes_back_as_it_is() {
        let data = [9, 8, 7, 6, 5, 4];
        let components = [0, 1, 2].map(|offset| plain(&data[offset..], 6, 3, (0, 0)));
        let mut reduced = Reduced::default();
        Reducer::default().reduce(&components, Coding::Rgb, &fit((2, 1), (2, 1)).unwrap(), &mut reduced);
        assert_eq!(reduced.rounded().rgb, data);
    }

    #[test]
    fn a_video_cut_to_even_sides_gives_what_is_left() {
        let plane = [10, 10, 10, 20];
        let components = [plain(&plane, 4, 1, (0, 0)); 3];
        let geometry = Geometry { source_width: 3, source_height: 1, scale: 2, width: 4, height: 1 };
        let mut reduced = Reduced::default();
        Reducer::default().reduce(&components, Coding::Rgb, &geometry, &mut reduced);
        assert_eq!((reduced.width, reduced.rgb), (2, vec![10.0, 10.0, 10.0, 15.0, 15.0, 15.0]));
    }

    /// The one colour of a single pixel.
    fn color(samples: [u16; 3], depth: u32, shift: u32, coding: Coding) -> [f32; 3] {
        let bytes = samples.map(|sample| (sample << shift).to_le_bytes());
        let components = [0, 1, 2].map(|index| Component {
            depth,
            shift,
            ..plain(&bytes[index], 2, if depth == 8 { 1 } else { 2 }, (0, 0))
        });
        let mut reduced = Reduced::default();
        Reducer::default().reduce(&components, coding, &fit((1, 1), (1, 1)).unwrap(), &mut reduced);
        [reduced.rgb[0], reduced.rgb[1], reduced.rgb[2]]
    }

    #[test]
    fn white_red_and_grey_are_what_the_standards_say_at_any_depth_and_range() {
        use Coding::{Rgb, Yuv};
        use Matrix::{Bt601, Bt709};
        use Swing::{Full, Limited};
        // ITU-R BT.709 and BT.601: luma and colour differences of red, at 8 bits rounded to whole numbers.
        for (samples, depth, shift, coding, expected, tolerance) in [
            ([235, 128, 128], 8, 0, Yuv(Bt709, Limited), [255.0; 3], 0.01),
            ([940, 512, 512], 10, 0, Yuv(Bt601, Limited), [255.0; 3], 0.01),
            ([940, 512, 512], 10, 6, Yuv(Bt709, Limited), [255.0; 3], 0.01),
            ([1023, 512, 512], 10, 0, Yuv(Bt709, Full), [255.0; 3], 0.01),
            ([128, 128, 128], 8, 0, Yuv(Bt709, Full), [128.0; 3], 0.01),
            ([63, 102, 240], 8, 0, Yuv(Bt709, Limited), [255.0, 0.0, 0.0], 1.1),
            ([250, 409, 960], 10, 0, Yuv(Bt709, Limited), [255.0, 0.0, 0.0], 0.6),
            ([81, 90, 240], 8, 0, Yuv(Bt601, Limited), [255.0, 0.0, 0.0], 1.1),
            ([54, 99, 255], 8, 0, Yuv(Bt709, Full), [255.0, 0.0, 0.0], 1.1),
            ([1023, 0, 512], 10, 0, Rgb, [255.0, 0.0, 127.625], 0.01),
        ] {
            let found = color(samples, depth, shift, coding);
            let near = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() <= tolerance);
            assert!(near, "{samples:?} of {depth} bits, {coding:?}: {found:?}, not {expected:?}");
        }
    }

    #[test]
    fn pixels_are_clipped_before_they_are_averaged() {
        // Brighter than white and black, side by side: half grey on a screen.
        let components =
            [plain(&[255, 16], 2, 1, (0, 0)), plain(&[128, 128], 2, 1, (0, 0)), plain(&[128], 1, 1, (1, 1))];
        let geometry = Geometry { source_width: 1, source_height: 1, scale: 2, width: 2, height: 1 };
        let mut reduced = Reduced::default();
        Reducer::default().reduce(&components, Coding::Yuv(Matrix::Bt709, Swing::Limited), &geometry, &mut reduced);
        assert!(reduced.rgb.iter().all(|value| (value - 127.5).abs() < 0.01), "{:?}", reduced.rgb);
    }
}
