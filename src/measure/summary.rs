//! Summarises all frames of a video: means and the worst frames. Pure arithmetic.

use serde::Serialize;

use super::flat::{Edges, Sum};
use super::quality::{self, Likeness};

/// The worst frame.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Worst {
    /// Its quality, in the unit of the measure.
    pub value: f64,
    /// The index of the frame of the tape that it shows.
    pub frame: usize,
    /// Its start in the MP4, in seconds.
    pub seconds: f64,
}

/// One frame of an MP4.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FrameQuality {
    /// The index of the frame of the tape that it shows; the first of equal neighbours.
    pub frame: usize,
    /// Its start, in seconds.
    pub seconds: f64,
    /// Its PSNR, in dB.
    pub psnr: f64,
    /// Its structural similarity, at most 1.
    pub ssim: f64,
    /// Its error in flat areas of the tape, in levels of 255; `None` if there are none.
    pub flat_error: Option<f64>,
    /// Its size in bytes.
    pub bytes: u64,
}

/// The summary of all frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    pub psnr: f64,
    pub psnr_of_frames: f64,
    pub psnr_worst: Worst,
    pub ssim: f64,
    pub ssim_worst: Worst,
    pub exact: f64,
    pub flat: f64,
    pub flat_error: Option<f64>,
    pub flat_error_worst: Option<Worst>,
    pub blockiness: Option<f64>,
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
        let flat = qualities.iter().fold(Sum::default(), |sum, (_, likeness)| sum.and(likeness.flat));
        let edges = qualities.iter().fold(Edges::default(), |sum, (_, likeness)| sum.and(likeness.edges));
        let flat_worst = qualities
            .iter()
            .filter_map(|(frame, _)| {
                Some(Worst { value: frame.flat_error?, frame: frame.frame, seconds: frame.seconds })
            })
            // The first of equals.
            .rev()
            .max_by(|one, other| one.value.total_cmp(&other.value));
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
            flat: flat.count as f64 / 3.0 / (pixels as f64).max(1.0),
            flat_error: flat.mean().map(f64::sqrt),
            flat_error_worst: flat_worst,
            blockiness: edges.blockiness(),
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
            let flat = Sum { total: mse * 3.0 * frame as f64, count: 3 * frame as u64 };
            let (flat_error, ssim) = (flat.mean().map(f64::sqrt), 1.0 - mse / 100.0);
            let quality = FrameQuality { frame, seconds: frame as f64, psnr, ssim, flat_error, bytes: 1 };
            (quality, Likeness { mse, ssim, exact: 1, pixels: 4, flat, edges: Edges::default() })
        };
        let summary = Summary::of(&[frame(0, 0.0), frame(1, 2.0), frame(2, 1.0)]).unwrap();
        assert!((summary.psnr - 48.130_8).abs() < 1e-3);
        assert!((summary.psnr_of_frames - (99.0 + 45.120_5 + 48.130_8) / 3.0).abs() < 1e-3);
        assert_eq!((summary.psnr_worst.frame, summary.ssim_worst.frame), (1, 1));
        assert!((summary.exact - 0.25).abs() < 1e-9);
        // One pixel in the second frame with an error of 2, two in the third with an error of 1; none in the first.
        assert!((summary.flat - 0.25).abs() < 1e-9);
        assert!((summary.flat_error.unwrap() - (4.0_f64 / 3.0).sqrt()).abs() < 1e-9);
        assert_eq!(summary.flat_error_worst.unwrap().frame, 1);
        assert_eq!(Summary::of(&[]), None);
    }
}
