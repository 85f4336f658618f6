//! The quality of an encoding, and how it is determined.

use serde::{Deserialize, Serialize};

use super::thousandths;

/// The quality of an encoding.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quality {
    /// The encoder's constant rate factor: 0 is the best, and [`Codec::worst_quality`](super::Codec::worst_quality) the worst.
    #[serde(serialize_with = "thousandths::one")]
    Crf(f32),
    /// A constant quantiser of H.264.
    Qp(u8),
    /// A quantiser of H.264 for each chunk, finer for calm pictures and coarser for busy ones; this is the one for
    /// pictures in which a pixel changes by one level of luma on average.
    #[serde(serialize_with = "thousandths::one")]
    Adaptive(f32),
    /// A quantiser of H.264 for each chunk, found by trial.
    Floor(Floor),
    /// Lossless: every pixel of every frame is exact, which is proven for each video.
    Lossless,
}

/// The minimum quality of the worst frame, and the bounds on its cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Floor {
    /// PSNR of the worst frame in decibels, in RGB at the size of the tape.
    #[serde(serialize_with = "thousandths::one")]
    pub psnr: f32,
    /// The finest quantiser to use, at 25 frames per second and for pictures in which a pixel changes by one level of
    /// luma on average. Frames that are shown for a shorter time get a coarser one.
    #[serde(serialize_with = "thousandths::one")]
    pub finest: f32,
    /// The coarsest quantiser to use for such pictures, even if the floor allows a coarser one; calmer pictures get a
    /// finer one.
    #[serde(serialize_with = "thousandths::one")]
    pub coarsest: f32,
    /// Whether a lower PSNR is accepted if the site's recipe smears the colours so much that it has none better.
    #[serde(default)]
    pub as_recipe: bool,
    /// Whether encoded frames are compared with the floor, in addition to those of a trial; takes a tenth of the time.
    #[serde(default)]
    pub proven: bool,
    /// The search for the quantiser.
    pub trial: Trial,
}

/// A trial encoding of a few frames that measures a quantiser.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Trial {
    /// The frames.
    pub at: Place,
    /// libx264's `ipratio` in trials: how much finer the key frame is than the rest. Frames that refer to a fine key
    /// frame are better than those a second later, which refer to other frames.
    #[serde(serialize_with = "thousandths::one")]
    pub ipratio: f32,
    /// By how many decibels the worst frame of a trial must exceed the floor, because the worst frame of a whole chunk
    /// is worse.
    #[serde(serialize_with = "thousandths::one")]
    pub margin: f32,
}

/// The place of trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The busiest frames.
    Busiest,
    /// The calmest frames that are at least half as busy as the busiest: with B-frames, calm frames have the larger
    /// error, because more of them is left to prediction.
    Calm,
}
