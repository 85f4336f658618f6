//! How alike two pictures are: PSNR, SSIM, and how many pixels are exactly right. Pure arithmetic.

use crate::picture::Picture;

use super::align::luma;

/// The PSNR of equal pictures, which would be infinite. One sample off by one level brings a picture of 300×300 there.
pub const BEST_PSNR: f64 = 99.0;

/// Side of the windows that structure is compared in.
const WINDOW: usize = 8;

/// How far apart the windows are.
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
}

/// Compares two pictures of the same size.
pub fn compare(one: &Picture, other: &Picture) -> Likeness {
    let (one_pixels, other_pixels) = (one.rgb.as_chunks::<3>().0, other.rgb.as_chunks::<3>().0);
    let exact = one_pixels.iter().zip(other_pixels).filter(|(one, other)| one == other).count() as u64;
    let squares = |(&one, &other): (&u8, &u8)| u64::from(one.abs_diff(other)).pow(2);
    let error: u64 = one.rgb.iter().zip(&other.rgb).map(squares).sum();
    let lumas = [one_pixels, other_pixels].map(|pixels| pixels.iter().map(|&rgb| luma(rgb)).collect::<Vec<_>>());
    Likeness {
        mse: error as f64 / one.rgb.len().max(1) as f64,
        ssim: ssim(&lumas[0], &lumas[1], one.width as usize, one.height as usize),
        exact,
        pixels: one_pixels.len() as u64,
    }
}

/// Peak signal to noise ratio in dB, at most [`BEST_PSNR`].
pub fn psnr(mse: f64) -> f64 {
    (10.0 * (255.0 * 255.0 / mse).log10()).min(BEST_PSNR)
}

/// The mean over windows that cover the picture; the last of each row and column may overlap more.
fn ssim(one: &[u8], other: &[u8], width: usize, height: usize) -> f64 {
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
fn window_ssim<'a>(rows: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> f64 {
    const C1: f64 = (0.01 * 255.0) * (0.01 * 255.0);
    const C2: f64 = (0.03 * 255.0) * (0.03 * 255.0);
    let (mut sum_one, mut sum_other, mut squares, mut products, mut count) = (0, 0, 0, 0, 0);
    for (one, other) in rows {
        for (&one, &other) in one.iter().zip(other) {
            let (one, other) = (u32::from(one), u32::from(other));
            sum_one += one;
            sum_other += other;
            squares += one * one + other * other;
            products += one * other;
        }
        count += one.len() as u32;
    }
    let count = f64::from(count);
    let (mean_one, mean_other) = (f64::from(sum_one) / count, f64::from(sum_other) / count);
    let variances = f64::from(squares) / count - mean_one * mean_one - mean_other * mean_other;
    let covariance = f64::from(products) / count - mean_one * mean_other;
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
