//! Converts RGB pictures to the planes of an enlarged 4:2:0 video.
//!
//! Colours are converted at the size of the tape and then replicated. At an even scale, each chroma sample lies within
//! one pixel of the tape, so only rounding is lost; converting the large picture would take as long as encoding it and
//! be no better.

use crate::picture::Picture;

use super::bt709;

/// Sizes of a tape and of its video, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Width of the tape's pictures.
    pub source_width: u32,
    /// Height of the tape's pictures.
    pub source_height: u32,
    /// The scale of the video, in pixels per pixel of the tape.
    pub scale: u32,
    /// Width of the video: `source_width * scale`, rounded up if its chroma needs it.
    pub width: u32,
    /// Height of the video, likewise.
    pub height: u32,
}

impl Geometry {
    /// The video of a tape, its sides rounded up to a multiple of `multiple`.
    #[must_use]
    pub fn new(source_width: u32, source_height: u32, scale: u32, multiple: u32) -> Self {
        let side = |source: u32| (source * scale).next_multiple_of(multiple);
        Geometry { source_width, source_height, scale, width: side(source_width), height: side(source_height) }
    }
}

/// One plane of a video frame.
#[derive(Debug)]
pub struct Plane<'a> {
    /// Rows of `stride` bytes; the last may be shorter.
    pub data: &'a mut [u8],
    /// Distance between rows, in bytes.
    pub stride: usize,
}

/// The resolution of chroma.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chroma {
    /// One for each square of two by two pixels of the video.
    Halved,
    /// One for each pixel.
    Full,
}

/// Converts pictures one after another, keeping its buffers.
#[derive(Debug, Default)]
pub struct Converter {
    luma: Vec<u8>,
    blue: Vec<u8>,
    red: Vec<u8>,
}

impl Converter {
    /// Fills the three planes (Y, Cb, Cr) of a video frame from `picture`, which has the geometry's source size.
    pub fn convert(
        &mut self,
        picture: &Picture,
        geometry: &Geometry,
        chroma: Chroma,
        [luma, blue, red]: [Plane<'_>; 3],
    ) {
        self.convert_at_source_size(picture);
        let source = (picture.width as usize, picture.height as usize);
        let (width, height) = (geometry.width as usize, geometry.height as usize);
        let scale = geometry.scale as usize;
        replicate(&self.luma, source, scale, luma, (width, height));
        for (from, to) in [(&self.blue, blue), (&self.red, red)] {
            if chroma == Chroma::Full {
                replicate(from, source, scale, to, (width, height));
            } else if scale.is_multiple_of(2) {
                replicate(from, source, scale / 2, to, (width / 2, height / 2));
            } else {
                average(from, source, scale, to, (width / 2, height / 2));
            }
        }
    }

    fn convert_at_source_size(&mut self, picture: &Picture) {
        let pixels = picture.width as usize * picture.height as usize;
        for plane in [&mut self.luma, &mut self.blue, &mut self.red] {
            plane.resize(pixels, 0);
        }
        bt709::planes(&picture.rgb, &mut self.luma, &mut self.blue, &mut self.red);
    }
}

/// Fills the three planes (green, blue, red) of a video frame of the tape's size.
pub fn separate(picture: &Picture, geometry: &Geometry, planes: [Plane<'_>; 3]) {
    for (Plane { data, stride }, channel) in planes.into_iter().zip([1, 2, 0]) {
        for (to, from) in data.chunks_mut(stride).zip(picture.rows()).take(geometry.height as usize) {
            to.iter_mut().zip(from.as_chunks::<3>().0).for_each(|(to, rgb)| *to = rgb[channel]);
        }
    }
}

/// Repeats every sample `factor` times in both directions, and those at the right and bottom up to the edge.
fn replicate(
    from: &[u8],
    (source_width, _): (usize, usize),
    factor: usize,
    Plane { data, stride }: Plane<'_>,
    size: (usize, usize),
) {
    let (width, height) = size;
    let rows = from.chunks_exact(source_width);
    let last = rows.len() - 1;
    for (index, row) in rows.enumerate() {
        let top = index * factor;
        let copies = if index == last { height - top } else { factor };
        let start = top * stride;
        let first = &mut data[start..start + width];
        match factor {
            1 => first[..source_width].copy_from_slice(row),
            2 => first.as_chunks_mut().0.iter_mut().zip(row).for_each(|(to, &value)| *to = [value; 2]),
            4 => first.as_chunks_mut().0.iter_mut().zip(row).for_each(|(to, &value)| *to = [value; 4]),
            _ => first.chunks_exact_mut(factor).zip(row).for_each(|(to, &value)| to.fill(value)),
        }
        first[source_width * factor..].fill(row[source_width - 1]);
        for copy in 1..copies {
            data.copy_within(start..start + width, start + copy * stride);
        }
    }
}

/// Fills a plane with half the resolution of [`replicate`]: each sample is the mean of four.
fn average(
    from: &[u8],
    source: (usize, usize),
    factor: usize,
    Plane { data, stride }: Plane<'_>,
    (width, height): (usize, usize),
) {
    let (source_width, source_height) = source;
    let column = |x: usize| (x / factor).min(source_width - 1);
    let row = |y: usize| &from[(y / factor).min(source_height - 1) * source_width..][..source_width];
    for y in 0..height {
        let (upper, lower) = (row(2 * y), row(2 * y + 1));
        for (x, sample) in data[y * stride..][..width].iter_mut().enumerate() {
            let (left, right) = (column(2 * x), column(2 * x + 1));
            let sum: u16 = [upper[left], upper[right], lower[left], lower[right]].into_iter().map(u16::from).sum();
            *sample = ((sum + 2) / 4) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(from: &[u8], source: (usize, usize), factor: usize, size: (usize, usize)) -> Vec<u8> {
        let mut data = vec![0xAA; size.0 * size.1];
        replicate(from, source, factor, Plane { data: &mut data, stride: size.0 }, size);
        data
    }

    #[test]
    fn samples_are_repeated_in_both_directions() {
        assert_eq!(plane(&[1, 2], (2, 1), 2, (4, 2)), [1, 1, 2, 2, 1, 1, 2, 2]);
        assert_eq!(plane(&[7], (1, 1), 4, (4, 4)), [7; 16]);
        assert_eq!(plane(&[1, 2], (1, 2), 3, (3, 6)), [1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
    }

    #[test]
    fn an_odd_picture_is_padded_with_its_edge() {
        assert_eq!(plane(&[1, 2, 3], (3, 1), 1, (4, 2)), [1, 2, 3, 3, 1, 2, 3, 3]);
    }

    #[test]
    fn chroma_of_odd_scales_is_averaged() {
        let mut data = [0; 3];
        average(&[0, 100], (2, 1), 3, Plane { data: &mut data, stride: 3 }, (3, 1));
        assert_eq!(data, [0, 50, 100]);
    }
}
