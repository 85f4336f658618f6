//! A PNG writer for the kinds that no PNG crate writes: every colour type at every depth, interlaced or not.

use std::io::Write;

use super::picture::{Picture, Pixel};

/// Where the pixels of Adam7's seven passes start, and how far they are apart: x, y, x step, y step.
const ADAM7: [(u32, u32, u32, u32); 7] =
    [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    Gray,
    Rgb,
    Palette,
    GrayAlpha,
    Rgba,
}

/// How the pixels of a PNG are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    pub color: Color,
    pub depth: u8,
    pub interlaced: bool,
}

impl Kind {
    /// All fifteen that the format has, not interlaced and then interlaced.
    pub fn all() -> impl Iterator<Item = Kind> {
        let depths: [(Color, &[u8]); 5] = [
            (Color::Gray, &[1, 2, 4, 8, 16]),
            (Color::Rgb, &[8, 16]),
            (Color::Palette, &[1, 2, 4, 8]),
            (Color::GrayAlpha, &[8, 16]),
            (Color::Rgba, &[8, 16]),
        ];
        let kinds = depths.into_iter().flat_map(|(color, depths)| depths.iter().map(move |&depth| (color, depth)));
        let kinds: Vec<_> = kinds.collect();
        [false, true].into_iter().flat_map(move |interlaced| {
            kinds.clone().into_iter().map(move |(color, depth)| Kind { color, depth, interlaced })
        })
    }

    /// What is left of a picture when it is written like this: grays of the green, as many levels or colours as fit.
    pub fn reduce(self, picture: &Picture) -> Picture {
        let most = (1_u32 << self.depth.min(8)) - 1;
        let gray = |[_, green, _, alpha]: Pixel| {
            let level = u32::from(green) * most / 255 * 255 / most;
            [level as u8, level as u8, level as u8, alpha]
        };
        let opaque = |[red, green, blue, _]: Pixel| [red, green, blue, 255];
        match self.color {
            Color::Gray => picture.map(|pixel| opaque(gray(pixel))),
            Color::GrayAlpha => picture.map(gray),
            Color::Rgb => picture.map(opaque),
            Color::Rgba => picture.clone(),
            Color::Palette => {
                let colors = palette(picture);
                let fits =
                    |pixel: Pixel| colors.iter().position(|&color| color == pixel).unwrap() % (most as usize + 1);
                picture.map(|pixel| colors[fits(pixel)])
            }
        }
    }

    fn number(self) -> u8 {
        match self.color {
            Color::Gray => 0,
            Color::Rgb => 2,
            Color::Palette => 3,
            Color::GrayAlpha => 4,
            Color::Rgba => 6,
        }
    }

    fn samples(self, pixel: Pixel, colors: &[Pixel]) -> Vec<u8> {
        match self.color {
            Color::Gray => vec![pixel[0]],
            Color::GrayAlpha => vec![pixel[0], pixel[3]],
            Color::Rgb => pixel[..3].into(),
            Color::Rgba => pixel.into(),
            Color::Palette => vec![colors.iter().position(|&color| color == pixel).unwrap() as u8],
        }
    }

    /// A row of samples, packed as tightly as the depth allows.
    fn pack(self, samples: &[u8]) -> Vec<u8> {
        match self.depth {
            8 => samples.into(),
            // The low byte is what an 8-bit reader must leave out.
            16 => samples.iter().flat_map(|&sample| [sample, 0x5A]).collect(),
            depth => {
                let level = |sample: u8| if self.color == Color::Palette { sample } else { sample >> (8 - depth) };
                let per_byte = 8 / depth as usize;
                let pack = |group: &[u8]| {
                    let shifted = group
                        .iter()
                        .enumerate()
                        .map(|(at, &sample)| level(sample) << (8 - depth) >> (at as u8 * depth));
                    shifted.fold(0, |byte, bits| byte | bits)
                };
                samples.chunks(per_byte).map(pack).collect()
            }
        }
    }
}

/// The colours of a picture in the order in which they appear.
fn palette(picture: &Picture) -> Vec<Pixel> {
    let mut colors = Vec::new();
    for pixel in &picture.pixels {
        if !colors.contains(pixel) {
            colors.push(*pixel);
        }
    }
    colors
}

impl Picture {
    /// As a PNG of this kind, which must be able to hold the picture.
    pub fn png_of(&self, kind: Kind) -> Vec<u8> {
        let colors = if kind.color == Color::Palette { palette(self) } else { Vec::new() };
        let passes: &[_] = if kind.interlaced { &ADAM7 } else { &[(0, 0, 1, 1)] };
        let mut rows = Vec::new();
        for &(left, top, right, down) in passes.iter().filter(|pass| pass.0 < self.width && pass.1 < self.height) {
            for y in (top..self.height).step_by(down as usize) {
                let pixels = (left..self.width).step_by(right as usize).map(|x| self.at(x, y));
                let samples: Vec<u8> = pixels.flat_map(|pixel| kind.samples(pixel, &colors)).collect();
                rows.push(0);
                rows.extend(kind.pack(&samples));
            }
        }
        let [width, height] = [self.width, self.height].map(u32::to_be_bytes);
        let header = [&width[..], &height, &[kind.depth, kind.number(), 0, 0, u8::from(kind.interlaced)]].concat();
        let mut png = [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &header)].concat();
        if kind.color == Color::Palette {
            let rgb: Vec<u8> = colors.iter().flat_map(|color| color[..3].to_vec()).collect();
            let alpha: Vec<u8> = colors.iter().map(|color| color[3]).collect();
            png.extend([chunk(b"PLTE", &rgb), chunk(b"tRNS", &alpha)].concat());
        }
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        zlib.write_all(&rows).unwrap();
        png.extend([chunk(b"IDAT", &zlib.finish().unwrap()), chunk(b"IEND", &[])].concat());
        png
    }
}

/// A chunk of a PNG: length, name, data, checksum.
pub fn chunk(name: &[u8], data: &[u8]) -> Vec<u8> {
    let mut sum = flate2::Crc::new();
    sum.update(name);
    sum.update(data);
    [&(data.len() as u32).to_be_bytes()[..], name, data, &sum.sum().to_be_bytes()].concat()
}
