//! The planes of an enlarged video back as an RGB picture of the tape's size: the way of [`super::planes`] backwards.
//!
//! Each pixel of the tape is the mean of the block it became, rounded once, at the end. Pure arithmetic: where the
//! planes come from does not matter here.

use std::ops::Range;

use serde::Serialize;

use crate::picture::Picture;

use super::planes::Geometry;

/// How many times larger than `source` a video is, if it is that by a whole number.
///
/// A converter may have padded or cut the sides to even numbers: a difference of less than a pixel of the tape, or of
/// one pixel of the video, is taken for that.
#[must_use]
pub fn fit(source: (u32, u32), video: (u32, u32)) -> Option<Geometry> {
    let fits = |scale: u32, from: u32, to: u32| scale > 0 && (from * scale).abs_diff(to) <= scale;
    let scales = [(video.0, source.0), (video.1, source.1)].map(|(to, from)| ((to + from / 2) / from.max(1)).max(1));
    let scale = scales.into_iter().find(|&scale| fits(scale, source.0, video.0) && fits(scale, source.1, video.1))?;
    let ((source_width, source_height), (width, height)) = (source, video);
    Some(Geometry { source_width, source_height, scale, width, height })
}

/// What the three samples of a pixel stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Red, green, blue.
    Rgb,
    /// Luma and two differences of colour.
    Yuv(Matrix, Swing),
}

/// Which luma weights a video was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Matrix {
    /// Of standard definition; also what untagged files have, as libswscale makes them.
    Bt601,
    /// Of high definition.
    Bt709,
}

/// Which numbers black and white are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Swing {
    /// 16 and 235.
    Limited,
    /// 0 and 255.
    Full,
}

/// One component of a frame: 8-bit samples somewhere in a plane.
#[derive(Debug, Clone, Copy)]
pub struct Component<'a> {
    /// From the first sample on.
    pub data: &'a [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
    /// Bytes from one sample to the next.
    pub step: usize,
    /// How often the columns and rows of the picture are halved.
    pub halved: (u8, u8),
}

/// Reduces frames one after another, keeping its buffers.
#[derive(Debug, Default)]
pub struct Reducer {
    means: [Vec<f32>; 3],
}

impl Reducer {
    /// Reduces a frame of the geometry's video size to its source size. What was cut off in the video is missing in
    /// `picture`, whose old contents are lost.
    pub fn reduce(&mut self, from: &[Component<'_>; 3], coding: Coding, geometry: &Geometry, picture: &mut Picture) {
        picture.width = geometry.source_width.min(geometry.width.div_ceil(geometry.scale));
        picture.height = geometry.source_height.min(geometry.height.div_ceil(geometry.scale));
        for (component, means) in from.iter().zip(&mut self.means) {
            average(component, geometry, picture.width as usize, picture.height as usize, means);
        }
        let [first, second, third] = &self.means;
        picture.rgb.resize(first.len() * 3, 0);
        let samples = first.iter().zip(second).zip(third);
        for (rgb, ((&first, &second), &third)) in picture.rgb.as_chunks_mut().0.iter_mut().zip(samples) {
            // The cast saturates.
            *rgb = to_rgb([first, second, third], coding).map(|value| value.round() as u8);
        }
    }
}

/// The mean over each block of `scale` by `scale` pixels of the video; what lies outside the video does not count.
fn average(from: &Component<'_>, geometry: &Geometry, width: usize, height: usize, means: &mut Vec<f32>) {
    let scale = geometry.scale as usize;
    let columns: Vec<_> =
        (0..width).map(|x| Samples::of(x, scale, geometry.width as usize, from.halved.0.into())).collect();
    means.clear();
    for y in 0..height {
        let rows = Samples::of(y, scale, geometry.height as usize, from.halved.1.into());
        let start = means.len();
        means.resize(start + width, 0.0);
        for row in rows.positions() {
            let row = &from.data[row * from.stride..];
            for (mean, columns) in means[start..].iter_mut().zip(&columns) {
                *mean += columns.positions().map(|x| u32::from(row[x * from.step])).sum::<u32>() as f32;
            }
        }
        for (mean, columns) in means[start..].iter_mut().zip(&columns) {
            *mean /= (rows.count() * columns.count()) as f32;
        }
    }
}

/// The samples along one side of a block, one for each pixel of the video unless fewer have the same mean.
struct Samples {
    pixels: Range<usize>,
    halved: usize,
}

impl Samples {
    fn of(index: usize, scale: usize, length: usize, halved: usize) -> Self {
        let pixels = index * scale..((index + 1) * scale).min(length);
        // Blocks that begin and end with a sample hold each sample equally often.
        let whole = |pixel: usize| pixel.is_multiple_of(1 << halved);
        if whole(pixels.start) && whole(pixels.end) {
            return Samples { pixels: pixels.start >> halved..pixels.end >> halved, halved: 0 };
        }
        Samples { pixels, halved }
    }

    fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        self.pixels.clone().map(|pixel| pixel >> self.halved)
    }

    fn count(&self) -> usize {
        self.pixels.len()
    }
}

fn to_rgb(samples: [f32; 3], coding: Coding) -> [f32; 3] {
    let Coding::Yuv(matrix, swing) = coding else { return samples };
    let [luma, blue, red] = samples;
    let (luma, blue, red) = match swing {
        Swing::Limited => {
            ((luma - 16.0) * 255.0 / 219.0, (blue - 128.0) * 255.0 / 224.0, (red - 128.0) * 255.0 / 224.0)
        }
        Swing::Full => (luma, blue - 128.0, red - 128.0),
    };
    let (of_red, of_blue) = match matrix {
        Matrix::Bt601 => (0.299, 0.114),
        Matrix::Bt709 => (0.2126, 0.0722),
    };
    let r = luma + 2.0 * (1.0 - of_red) * red;
    let b = luma + 2.0 * (1.0 - of_blue) * blue;
    [r, (luma - of_red * r - of_blue * b) / (1.0 - of_red - of_blue), b]
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
            Component { data: &planes[index], stride: strides[index], step: 1, halved }
        });
        let mut reduced = Picture::default();
        let fitted = fit((picture.width, picture.height), (geometry.width, geometry.height)).unwrap();
        Reducer::default().reduce(&components, Coding::Yuv(Matrix::Bt709, Swing::Limited), &fitted, &mut reduced);
        reduced
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
        let components =
            [0, 1, 2].map(|offset| Component { data: &data[offset..], stride: 6, step: 3, halved: (0, 0) });
        let mut picture = Picture::default();
        Reducer::default().reduce(&components, Coding::Rgb, &fit((2, 1), (2, 1)).unwrap(), &mut picture);
        assert_eq!(picture.rgb, data);
    }

    #[test]
    fn a_video_cut_to_even_sides_gives_what_is_left() {
        let plane = [10, 10, 10, 20];
        let components = [Component { data: &plane, stride: 4, step: 1, halved: (0, 0) }; 3];
        let geometry = Geometry { source_width: 3, source_height: 1, scale: 2, width: 4, height: 1 };
        let mut picture = Picture::default();
        Reducer::default().reduce(&components, Coding::Rgb, &geometry, &mut picture);
        assert_eq!((picture.width, picture.rgb), (2, vec![10, 10, 10, 15, 15, 15]));
    }
}
