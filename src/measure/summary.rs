//! All frames of a video in a few numbers: means, and the worst. Pure arithmetic.

use serde::Serialize;

use super::quality::{self, Likeness};

/// A frame that is worse than the others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Worst {
    /// How good it is.
    pub value: f64,
    /// Which frame of the tape it shows.
    pub frame: usize,
    /// When the MP4 shows it.
    pub seconds: f64,
}

/// One frame of an MP4.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FrameQuality {
    /// Which frame of the tape it shows; of equal neighbours the first.
    pub frame: usize,
    /// When it appears.
    pub seconds: f64,
    /// How exact it is, in dB.
    pub psnr: f64,
    /// How similar its structure is.
    pub ssim: f64,
    /// Bytes it takes.
    pub bytes: u64,
}

/// All frames in a few numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    pub psnr: f64,
    pub psnr_of_frames: f64,
    pub psnr_worst: Worst,
    pub ssim: f64,
    pub ssim_worst: Worst,
    pub exact: f64,
}

impl Summary {
    /// `None` for no frames.
    pub fn of(qualities: &[(FrameQuality, Likeness)]) -> Option<Self> {
        let mean = |value: fn(&(FrameQuality, Likeness)) -> f64| {
            qualities.iter().map(value).sum::<f64>() / qualities.len() as f64
        };
        let worst = |value: fn(&FrameQuality) -> f64| {
            let frames = qualities.iter().map(|(frame, _)| frame);
            let worst = frames.min_by(|&one, &other| value(one).total_cmp(&value(other)))?;
            Some(Worst { value: value(worst), frame: worst.frame, seconds: worst.seconds })
        };
        let (exact, pixels) = qualities
            .iter()
            .fold((0, 0), |(exact, pixels), (_, likeness)| (exact + likeness.exact, pixels + likeness.pixels));
        Some(Summary {
            psnr: quality::psnr(mean(|(_, likeness)| likeness.mse)),
            psnr_of_frames: mean(|(frame, _)| frame.psnr),
            psnr_worst: worst(|frame| frame.psnr)?,
            ssim: mean(|(frame, _)| frame.ssim),
            ssim_worst: worst(|frame| frame.ssim)?,
            exact: exact as f64 / (pixels as f64).max(1.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_averaged_before_they_become_decibels() {
        let frame = |frame: usize, mse: f64| {
            let psnr = super::super::quality::psnr(mse);
            let quality = FrameQuality { frame, seconds: frame as f64, psnr, ssim: 1.0 - mse / 100.0, bytes: 1 };
            (quality, Likeness { mse, ssim: quality.ssim, exact: 1, pixels: 4 })
        };
        let summary = Summary::of(&[frame(0, 0.0), frame(1, 2.0), frame(2, 1.0)]).unwrap();
        assert!((summary.psnr - 48.130_8).abs() < 1e-3);
        assert!((summary.psnr_of_frames - (99.0 + 45.120_5 + 48.130_8) / 3.0).abs() < 1e-3);
        assert_eq!((summary.psnr_worst.frame, summary.ssim_worst.frame), (1, 1));
        assert!((summary.exact - 0.25).abs() < 1e-9);
        assert_eq!(Summary::of(&[]), None);
    }
}
