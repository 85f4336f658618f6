//! Data on new videos and the videos that they replace.

use serde::Serialize;

use crate::record::BlobRef;
use crate::tape::Warning;

/// How a video was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// The preset with its version and codec: `archive@3/av1`.
    pub preset: String,
    /// Warnings about the tape.
    pub warnings: Vec<Warning>,
    /// The comparison with the previous video, if it was made for that.
    pub measured: Option<Measured>,
}

/// The comparison of a video with the previous one.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The previous video, if the record had one.
    pub before: Option<Video>,
    /// The PSNR of the new one, in dB; see [`Video::psnr`].
    pub psnr: Option<f64>,
}

/// Facts about a video.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Video {
    /// Its hash.
    pub cid: String,
    /// Its length.
    pub bytes: u64,
    /// Its preset, if Telecine made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// Its PSNR against the tape, in dB, if it exists and can be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub psnr: Option<f64>,
}

impl Video {
    /// Combines a record's reference with other facts.
    #[must_use]
    pub fn new(blob: &BlobRef, preset: Option<String>, psnr: Option<f64>) -> Self {
        Video { cid: blob.cid.to_string(), bytes: blob.size, preset, psnr }
    }
}

/// A tape that was published with warnings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warned {
    /// Its code.
    pub code: String,
    /// The warnings.
    pub warnings: Vec<String>,
}

/// A tape whose video was replaced.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Replacement {
    /// Its code.
    pub code: String,
    /// Its record's key, the same as before.
    pub rkey: String,
    /// The old video, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Video>,
    /// The new video.
    pub after: Video,
}
