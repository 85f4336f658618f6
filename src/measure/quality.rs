//! The similarity of a picture of the tape and one of the video: PSNR, SSIM, the number of exact pixels, and
//! conspicuous errors. Pure arithmetic.

use crate::picture::Picture;
use crate::video::Reduced;

use super::flat::{self, Edges, Sum};

/// The PSNR given to equal pictures, instead of infinity. One sample off by one level gives this value in a picture of
/// 300×300.
pub const BEST_PSNR: f64 = 99.0;

/// Side of the windows in which structure is compared.
const WINDOW: usize = 8;

/// Distance of the windows.
const STRIDE: usize = 4;

/// How one picture differs from another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likeness {
    /// Mean squared error of all samples of red, green and blue.
    pub mse: f64,
    /// Mean structural similarity of luma; 1 for equal pictures.
    pub ssim: f64,
    /// Pixels that are exactly the same.
    pub exact: u64,
    /// Pixels.
    pub pixels: u64,
    /// Squared errors where the tape is flat.
    pub flat: Sum,
    /// Edges that the tape does not have.
    pub edges: Edges,
}

/// Compares a picture of the video, reduced from `scale` times the size, with the picture of the tape.
pub fn compare(wanted: &Picture, shown: &Reduced, scale: u32) -> Likeness {
    let samples = || wanted.rgb.iter().zip(&shown.rgb);
    let error: f64 = samples().map(|(&wanted, &shown)| f64::from(shown - f32::from(wanted)).powi(2)).sum();
    let pixels = wanted.rgb.as_chunks::<3>().0.iter().zip(shown.rgb.as_chunks::<3>().0);
    let is_exact = |wanted: &[u8; 3], shown: &[f32; 3]| shown.map(|level| level.round() as u8) == *wanted;
    let exact = pixels.filter(|(wanted, shown)| is_exact(wanted, shown)).count() as u64;
    let (width, height) = (wanted.width as usize, wanted.height as usize);
    let wanted_luma = lumas(wanted.rgb.iter().map(|&level| f32::from(level)));
    let shown_luma = lumas(shown.rgb.iter().copied());
    Likeness {
        mse: error / wanted.rgb.len().max(1) as f64,
        ssim: ssim(&wanted_luma, &shown_luma, width, height),
        exact,
        pixels: (width * height) as u64,
        flat: flat::flat_errors(wanted, &shown.rgb),
        edges: flat::edges(&wanted_luma, &shown_luma, width, scale as usize),
    }
}

/// The luma of each pixel as BT.601 weighs it.
fn lumas(mut samples: impl ExactSizeIterator<Item = f32>) -> Vec<f32> {
    let pixels = samples.len() / 3;
    let mut next = || samples.next().unwrap_or_default();
    (0..pixels).map(|_| 0.299 * next() + 0.587 * next() + 0.114 * next()).collect()
}

/// Peak signal to noise ratio in dB, at most [`BEST_PSNR`].
pub fn psnr(mse: f64) -> f64 {
    (10.0 * (255.0 * 255.0 / mse).log10()).min(BEST_PSNR)
}

/// The mean over windows that cover the picture; the last of each row and column may overlap more.
fn ssim(one: &[f32], other: &[f32], width: usize, height: usize) -> f64 {
    let (window_width, window_height) = (width.min(WINDOW), height.min(WINDOW));
    let origins = |length: usize, window: usize| (0..length - window).step_by(STRIDE).chain([length - window]);
    let (mut sum, mut count) = (0.0, 0);
    for top in origins(height, window_height) {
        for left in origins(width, window_width) {
            let rows = (top..top + window_height).map(|y| y * width + left..y * width + left + window_width);
            sum += window_ssim(rows.map(|row| (&one[row.clone()], &other[row])));
            count += 1;
        }
    }
    sum / f64::from(count)
}

/// Wang et al., "Image Quality Assessment: From Error Visibility to Structural Similarity", with a box for a window.
fn window_ssim<'a>(rows: impl Iterator<Item = (&'a [f32], &'a [f32])>) -> f64 {
    const C1: f64 = (0.01 * 255.0) * (0.01 * 255.0);
    const C2: f64 = (0.03 * 255.0) * (0.03 * 255.0);
    let (mut sum_one, mut sum_other, mut squares, mut products, mut count) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (one, other) in rows {
        for (&one, &other) in one.iter().zip(other) {
            let (one, other) = (f64::from(one), f64::from(other));
            sum_one += one;
            sum_other += other;
            squares += one * one + other * other;
            products += one * other;
        }
        count += one.len() as f64;
    }
    let (mean_one, mean_other) = (sum_one / count, sum_other / count);
    let variances = squares / count - mean_one * mean_one - mean_other * mean_other;
    let covariance = products / count - mean_one * mean_other;
    (2.0 * mean_one * mean_other + C1) * (2.0 * covariance + C2)
        / ((mean_one * mean_one + mean_other * mean_other + C1) * (variances + C2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn checkered(width: u32, height: u32) -> Picture {
        let mut picture = Picture::black(width, height);
        let pixels = picture.rgb.as_chunks_mut::<3>().0.iter_mut().enumerate();
        pixels.for_each(|(index, rgb)| *rgb = [(index as u32 % width * 31) as u8, (index * 7) as u8, 90]);
        picture
    }

    fn shown(picture: &Picture) -> Reduced {
        let rgb = picture.rgb.iter().map(|&level| f32::from(level)).collect();
        Reduced { width: picture.width, height: picture.height, rgb }
    }

    fn compare(wanted: &Picture, other: &Picture) -> Likeness {
        super::compare(wanted, &shown(other), 2)
    }

    #[test]
    fn equal_pictures_have_the_best_of_everything() {
        for (width, height) in [(1, 1), (3, 20), (8, 8), (33, 17)] {
            let picture = checkered(width, height);
            let likeness = compare(&picture, &picture);
            assert_eq!((psnr(likeness.mse), likeness.exact), (BEST_PSNR, likeness.pixels));
            assert!((likeness.ssim - 1.0).abs() < 1e-9, "{}", likeness.ssim);
        }
    }

    #[test]
    fn psnr_is_what_the_books_say() {
        let mut other = checkered(10, 10);
        other.rgb.iter_mut().for_each(|value| *value ^= 1);
        let likeness = compare(&checkered(10, 10), &other);
        assert!((psnr(likeness.mse) - 48.130_8).abs() < 1e-3);
        assert_eq!((likeness.exact, likeness.pixels), (0, 100));
        assert!(psnr(255.0 * 255.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_is_rounded_before_it_is_compared() {
        let picture = checkered(10, 10);
        let mut near = shown(&picture);
        near.rgb.iter_mut().for_each(|level| *level += 0.25);
        let likeness = super::compare(&picture, &near, 1);
        assert!((likeness.mse - 0.0625).abs() < 1e-6);
        assert_eq!(likeness.exact, 100);
    }

    #[test]
    fn structure_suffers_from_blur_more_than_from_a_shift_of_brightness() {
        let sharp = checkered(32, 32);
        let brighter =
            Picture { rgb: sharp.rgb.iter().map(|value| value.saturating_add(8)).collect(), ..sharp.clone() };
        let mean = (sharp.rgb.iter().map(|&value| u32::from(value)).sum::<u32>() / 3072) as u8;
        let blurred = Picture { rgb: sharp.rgb.iter().map(|&value| value / 2 + mean / 2).collect(), ..sharp.clone() };
        assert!(compare(&sharp, &brighter).ssim > 0.97);
        assert!(compare(&sharp, &blurred).ssim < 0.9);
    }

    proptest! {
        #[test]
        fn likeness_is_mutual_and_within_bounds(
            (width, height, one, other) in (1_u32..20, 1_u32..20).prop_flat_map(|(width, height)| {
                let bytes = || prop::collection::vec(any::<u8>(), (width * height * 3) as usize);
                (Just(width), Just(height), bytes(), bytes())
            }),
        ) {
            let (one, other) = (Picture { width, height, rgb: one }, Picture { width, height, rgb: other });
            let (there, back) = (compare(&one, &other), compare(&other, &one));
            prop_assert!((there.mse - back.mse).abs() < 1e-9 && (there.ssim - back.ssim).abs() < 1e-9);
            prop_assert!((-1.0..=1.000_001).contains(&there.ssim));
            prop_assert!((0.0..=BEST_PSNR).contains(&psnr(there.mse)));
        }
    }
}
