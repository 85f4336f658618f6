//! RGB to Y, Cb and Cr of BT.709 in limited range, each rounded once.

/// Bits behind the point: as many as leave room for 255 times the largest coefficient.
const BITS: u32 = 22;

/// The shares of red and blue in luma; the rest is green's.
const RED: f64 = 0.2126;
const BLUE: f64 = 0.0722;
const GREEN: f64 = 1.0 - RED - BLUE;

/// Levels from black to white, and from the least to the most of a colour difference.
const LUMA: f64 = 219.0;
const CHROMA: f64 = 224.0;

/// What red, green and blue add to each plane, a level of theirs at a time.
const Y: [i32; 3] = [fixed(LUMA * RED), fixed(LUMA * GREEN), fixed(LUMA * BLUE)];
const CB: [i32; 3] = difference(BLUE, [-RED, -GREEN, 1.0 - BLUE]);
const CR: [i32; 3] = difference(RED, [1.0 - RED, -GREEN, -BLUE]);

/// What a plane has where there is no light, with the half that makes cutting off rounding.
const BLACK: i32 = (16 << BITS) + (1 << (BITS - 1));
const GREY: i32 = (128 << BITS) + (1 << (BITS - 1));

/// Of a colour less luma, where the colour has this share in luma: from −½ to ½, times the levels.
const fn difference(share: f64, rgb: [f64; 3]) -> [i32; 3] {
    let levels = CHROMA / 2.0 / (1.0 - share);
    [fixed(levels * rgb[0]), fixed(levels * rgb[1]), fixed(levels * rgb[2])]
}

const fn fixed(levels: f64) -> i32 {
    let scaled = levels / 255.0 * (1_u32 << BITS) as f64;
    (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
}

/// Converts pixels into planes of as many samples.
pub fn planes(rgb: &[u8], luma: &mut [u8], blue: &mut [u8], red: &mut [u8]) {
    let pixels = rgb.as_chunks::<3>().0.iter();
    for (((rgb, luma), blue), red) in pixels.zip(luma).zip(blue).zip(red) {
        *luma = sample(BLACK, Y, *rgb);
        *blue = sample(GREY, CB, *rgb);
        *red = sample(GREY, CR, *rgb);
    }
}

fn sample(none: i32, [red, green, blue]: [i32; 3], rgb: [u8; 3]) -> u8 {
    let [r, g, b] = rgb.map(i32::from);
    ((none + red * r + green * g + blue * b) >> BITS) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn converted(rgb: [u8; 3]) -> [u8; 3] {
        let ([mut luma], [mut blue], [mut red]) = ([0], [0], [0]);
        planes(&rgb, std::slice::from_mut(&mut luma), std::slice::from_mut(&mut blue), std::slice::from_mut(&mut red));
        [luma, blue, red]
    }

    #[test]
    fn primary_colours_have_the_values_of_the_standard() {
        let colors = [[255, 255, 255], [0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]];
        let expected = [[235, 128, 128], [16, 128, 128], [63, 102, 240], [173, 42, 26], [32, 240, 118]];
        assert_eq!(colors.map(converted), expected);
        assert!((0..=255).all(|level| converted([level; 3])[1..] == [128, 128]));
    }

    proptest! {
        #[test]
        fn every_sample_is_the_nearest_to_the_exact_one(rgb: [u8; 3]) {
            let [r, g, b] = rgb.map(|level| f64::from(level) / 255.0);
            let luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
            let exact = [16.0 + 219.0 * luma, 128.0 + 224.0 * (b - luma) / 1.8556, 128.0 + 224.0 * (r - luma) / 1.5748];
            for (sample, exact) in converted(rgb).into_iter().zip(exact) {
                prop_assert!((f64::from(sample) - exact).abs() < 0.5001, "{} for {}", sample, exact);
            }
        }
    }
}
