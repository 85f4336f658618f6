//! Measures how busy pictures are, and derives the quantiser from it.
//!
//! Busy pictures hide errors and cost bits; calm ones do neither. libx264's constant rate factor also considers this,
//! but its look-ahead works at the size of the video, which takes two fifths of its time. A few pairs of neighbouring
//! pictures at the size of the tape give the same information.

use crate::picture::Picture;

/// Side of the compared squares, in pixels of the tape: a macroblock at ×4.
const BLOCK: usize = 4;

/// Steps of the quantiser per doubling of the complexity, fitted to the quantisers of libx264's constant rate factor on
/// tapes of many kinds.
const STEPS_PER_DOUBLING: f32 = 2.6;

/// The finest and the coarsest quantiser, relative to that of complexity 1.
const RANGE: (f32, f32) = (-8.0, 4.0);

/// The amount to encode for `picture` after `previous`: for each square, its difference from the previous picture or
/// from its own mean, whichever is less. The mean over all pixels, in levels of luma; 0 for a still.
#[must_use]
pub fn complexity(previous: &Picture, picture: &Picture) -> f32 {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let mut sum = 0_u64;
    let mut now = [0_i32; BLOCK * BLOCK];
    let mut before = [0_i32; BLOCK * BLOCK];
    for top in (0..height.saturating_sub(BLOCK - 1)).step_by(BLOCK) {
        for left in (0..width.saturating_sub(BLOCK - 1)).step_by(BLOCK) {
            for row in 0..BLOCK {
                let start = ((top + row) * width + left) * 3;
                luma(&picture.rgb[start..][..BLOCK * 3], &mut now[row * BLOCK..][..BLOCK]);
                luma(&previous.rgb[start..][..BLOCK * 3], &mut before[row * BLOCK..][..BLOCK]);
            }
            let changed: u32 = now.iter().zip(&before).map(|(now, before)| now.abs_diff(*before)).sum();
            let mean = now.iter().sum::<i32>() / (BLOCK * BLOCK) as i32;
            let detail: u32 = now.iter().map(|now| now.abs_diff(mean)).sum();
            sum += u64::from(changed.min(detail));
        }
    }
    sum as f32 / (width * height) as f32
}

fn luma(rgb: &[u8], luma: &mut [i32]) {
    for (luma, rgb) in luma.iter_mut().zip(rgb.as_chunks::<3>().0) {
        let [red, green, blue] = rgb.map(i32::from);
        *luma = (54 * red + 183 * green + 19 * blue) >> 8;
    }
}

/// The quantiser for pictures of this complexity; `middle` is the one for complexity 1.
#[must_use]
pub fn quantiser(middle: f32, complexity: f32) -> u8 {
    let steps = STEPS_PER_DOUBLING * complexity.max(f32::MIN_POSITIVE).log2();
    (middle + steps.clamp(RANGE.0, RANGE.1)).round().clamp(1.0, 51.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(level: impl Fn(usize) -> u8) -> Picture {
        Picture { width: 8, height: 8, rgb: (0..64).flat_map(|at| [level(at); 3]).collect() }
    }

    #[test]
    fn a_still_and_a_flat_flash_have_no_complexity() {
        let noise = picture(|at| (at * 97 % 256) as u8);
        assert!(complexity(&noise, &noise).abs() < f32::EPSILON);
        assert!(complexity(&noise, &picture(|_| 200)).abs() < f32::EPSILON);
    }

    #[test]
    fn complexity_grows_with_the_change() {
        let checkers = |contrast: u8| picture(move |at| if at % 2 == 0 { 100 } else { 100 + contrast });
        let black = picture(|_| 0);
        assert!(complexity(&black, &checkers(80)) > 1.5 * complexity(&black, &checkers(40)));
    }

    #[test]
    fn the_quantiser_follows_within_its_range() {
        assert_eq!([0.0, 0.5, 1.0, 2.0, 1e9].map(|complexity| quantiser(34.0, complexity)), [26, 31, 34, 37, 38]);
    }
}
