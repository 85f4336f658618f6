//! Videos that take the place of others: which, how large, how good.

use serde::Serialize;

use crate::record::BlobRef;
use crate::tape::Warning;

/// How a video was made here.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// The preset with its version and codec: `archive@3/av1`.
    pub preset: String,
    /// What is odd about the tape.
    pub warnings: Vec<Warning>,
    /// How it compares with the one before, where that is what it was made for.
    pub measured: Option<Measured>,
}

/// What a video has in common with the one before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The one before, if the record had one.
    pub before: Option<Video>,
    /// How exact the new one is, in dB; see [`Video::psnr`].
    pub psnr: Option<f64>,
}

/// A video in a few numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Video {
    /// Its hash.
    pub cid: String,
    /// Its length.
    pub bytes: u64,
    /// The preset that it was made with, if it was made here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// How exactly it shows its tape, in dB, if it is there and can be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub psnr: Option<f64>,
}

impl Video {
    /// What a record says of it, with what else is known.
    #[must_use]
    pub fn new(blob: &BlobRef, preset: Option<String>, psnr: Option<f64>) -> Self {
        Video { cid: blob.cid.to_string(), bytes: blob.size, preset, psnr }
    }
}

/// A tape with something odd about it, whose video was published all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warned {
    /// Its code.
    pub code: String,
    /// What is odd about it.
    pub warnings: Vec<String>,
}

/// A tape whose video was replaced.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Replacement {
    /// Its code.
    pub code: String,
    /// Its record's key, the same as before.
    pub rkey: String,
    /// The video that it had, if it had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Video>,
    /// The video that it has.
    pub after: Video,
}
