//! Pictures to put on tapes, and what should be seen of them.

/// A pixel: red, green, blue, alpha.
pub type Pixel = [u8; 4];

pub const BLACK: Pixel = [0, 0, 0, 255];
pub const WHITE: Pixel = [255; 4];

/// Twelve colours that no encoder should mix up.
pub const PALETTE: [Pixel; 12] = [
    [26, 28, 44, 255],
    [244, 244, 244, 255],
    [177, 62, 83, 255],
    [56, 183, 100, 255],
    [59, 93, 201, 255],
    [255, 205, 117, 255],
    [93, 39, 93, 255],
    [115, 239, 247, 255],
    [239, 125, 87, 255],
    [37, 113, 121, 255],
    [167, 240, 112, 255],
    [65, 166, 246, 255],
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    pub pixels: Vec<Pixel>,
}

impl Picture {
    pub fn draw(width: u32, height: u32, color: impl Fn(u32, u32) -> Pixel) -> Self {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| color(x, y)).collect();
        Picture { width, height, pixels }
    }

    pub fn flat(width: u32, height: u32, color: Pixel) -> Self {
        Picture::draw(width, height, |_, _| color)
    }

    /// Frame `index` of a moving picture: a checkered ground that drifts, and the index as a row of bits on top, so
    /// that no two frames are alike.
    pub fn numbered(width: u32, height: u32, index: usize) -> Self {
        Picture::draw(width, height, |x, y| {
            if y == 0 {
                return if index >> (x % 16) & 1 == 1 { WHITE } else { BLACK };
            }
            let cell = (x as usize + index) / 4 + y as usize / 4;
            PALETTE[cell % PALETTE.len()]
        })
    }

    /// Frame `index` of soft light that glides over a shaded ground and lights it up: nothing in it has an edge.
    pub fn glowing(width: u32, height: u32, index: usize) -> Self {
        let (middle, reach) = (f64::from(width) * 0.3 + (index % 40).abs_diff(20) as f64, f64::from(width) * 0.4);
        Picture::draw(width, height, |x, y| {
            let off = (f64::from(x) - middle) / reach;
            let light = (-off * off).exp() * 60.0 + (index % 30).abs_diff(15) as f64 * 6.0;
            let shade = f64::from(y) / f64::from(height) * 80.0;
            [(30.0 + light) as u8, (40.0 + light * 0.7 + shade) as u8, (120.0 - shade) as u8, 255]
        })
    }

    /// Pixels that follow no rule a coder could find; the same for the same `seed`.
    pub fn noise(width: u32, height: u32, seed: usize) -> Self {
        let mut state = seed as u32 ^ 0x9E37_79B9;
        let pixels = (0..width * height).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [_, red, green, blue] = state.to_le_bytes();
            [red, green, blue, 255]
        });
        Picture { width, height, pixels: pixels.collect() }
    }

    /// Every pixel changed.
    pub fn map(&self, change: impl Fn(Pixel) -> Pixel) -> Self {
        Picture { pixels: self.pixels.iter().map(|&pixel| change(pixel)).collect(), ..*self }
    }

    /// What a video shows of it: alpha over black.
    pub fn over_black(&self) -> Self {
        let over = |value: u8, alpha: u8| ((u32::from(value) * u32::from(alpha) + 127) / 255) as u8;
        self.map(|[red, green, blue, alpha]| [over(red, alpha), over(green, alpha), over(blue, alpha), 255])
    }

    /// Top-left on black of another size.
    pub fn placed_on(&self, width: u32, height: u32) -> Self {
        Picture::draw(width, height, |x, y| if x < self.width && y < self.height { self.at(x, y) } else { BLACK })
    }

    pub fn at(&self, x: u32, y: u32) -> Pixel {
        self.pixels[(y * self.width + x) as usize]
    }

    /// How far the most different of all samples is off.
    pub fn distance(&self, other: &Picture) -> u8 {
        assert_eq!((self.width, self.height), (other.width, other.height));
        let samples = self.pixels.as_flattened().iter().zip(other.pixels.as_flattened());
        samples.map(|(one, other)| one.abs_diff(*other)).max().unwrap()
    }

    /// How far samples are off in the mean.
    pub fn mean_distance(&self, other: &Picture) -> f64 {
        let samples = self.pixels.as_flattened().iter().zip(other.pixels.as_flattened());
        samples.map(|(one, other)| f64::from(one.abs_diff(*other))).sum::<f64>() / (self.pixels.len() * 3) as f64
    }

    /// As a browser writes it: RGBA, 8 bits, rows filtered as the coder likes.
    pub fn png(&self) -> Vec<u8> {
        self.compressed(png::Compression::Fast)
    }

    /// The same in fewer bytes, for keeping.
    pub fn small_png(&self) -> Vec<u8> {
        self.compressed(png::Compression::High)
    }

    fn compressed(&self, compression: png::Compression) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(compression);
        encoder.write_header().unwrap().write_image_data(self.pixels.as_flattened()).unwrap();
        bytes
    }

    /// Lossless WebP.
    pub fn webp(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        image::codecs::webp::WebPEncoder::new_lossless(&mut bytes)
            .encode(self.pixels.as_flattened(), self.width, self.height, image::ExtendedColorType::Rgba8)
            .unwrap();
        bytes
    }
}
