//! How much may be lost in encoding, and how that is found out.

use serde::{Deserialize, Serialize};

use super::thousandths;

/// How much may be lost in encoding.
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
    /// Nothing: every pixel of every frame is what it was, which is proven for each video.
    Lossless,
}

/// How good even the worst frame must be, and what that may cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Floor {
    /// PSNR of the worst frame in decibels, in RGB at the size of the tape.
    #[serde(serialize_with = "thousandths::one")]
    pub psnr: f32,
    /// The finest quantiser that is taken for it, at 25 frames a second and for pictures in which a pixel changes by one
    /// level of luma on average. A frame that is seen for a shorter time has a coarser one.
    #[serde(serialize_with = "thousandths::one")]
    pub finest: f32,
    /// The coarsest that is taken although the floor allows a coarser one, for such pictures; calmer ones have finer.
    #[serde(serialize_with = "thousandths::one")]
    pub coarsest: f32,
    /// Whether a lower PSNR will do where the site's recipe smears the colours so much that it has no better one.
    #[serde(default)]
    pub as_recipe: bool,
    /// Whether frames of what was encoded are held against the floor, beside those of a trial: a tenth of the time.
    #[serde(default)]
    pub proven: bool,
    /// How the quantiser is found.
    pub trial: Trial,
}

/// A few frames that are encoded to find out what a quantiser gives.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Trial {
    /// Which frames.
    pub at: Place,
    /// libx264's `ipratio` in trials: how much finer the key frame is than the rest. Frames that lean on a fine one are
    /// better than those a second later, which lean on others of their kind.
    #[serde(serialize_with = "thousandths::one")]
    pub ipratio: f32,
    /// By how many decibels the worst frame of a trial must be better than the floor: of a whole chunk it is worse.
    #[serde(serialize_with = "thousandths::one")]
    pub margin: f32,
}

/// Where trials are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Where most changes.
    Busiest,
    /// Where least changes of what is at least half as busy as the busiest: with B-frames the calm has the larger error, as
    /// more of it is left to prediction.
    Calm,
}
