//! One way to encode the pictures of a tape: codec, size, colours, quality and the encoder's options.

use serde::{Deserialize, Serialize};

use super::look::Kind;
use super::quality::{Floor, Quality};

/// The longest side at ×4: the long side of 1080p, which every phone decodes.
const LONGEST_AT_FOUR: u32 = 1920;

/// The longest side at ×2: the long side of 4K.
const LONGEST_AT_TWO: u32 = 3840;

/// H.264 forbids two consecutive key frames with the same id, and each chunk restarts the count; chunks are cut to
/// nearly equal lengths, so with this minimum none has a single frame.
const SHORTEST_CHUNK: usize = 4;

/// The option of libav's libx264 that holds parameters of libx264 itself, `key=value` separated by colons.
const X264_PARAMETERS: &str = "x264-params";

/// One way to encode the pictures of a tape.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Encoding {
    /// Its name, if the preset has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The looks of tapes that it suits; empty for any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suits: Vec<Kind>,
    /// The codec.
    pub codec: Codec,
    /// The factor by which the tape is enlarged, if there is room.
    pub scale: u32,
    /// How colours are stored.
    pub colors: Colors,
    /// How much may be lost.
    pub quality: Quality,
    /// Options of libav's encoder, `key=value` separated by white space.
    pub encoder_options: String,
    /// Frames in a closed group of pictures, each encoded on its own by one thread. Also the distance of seek points.
    pub chunk_frames: usize,
}

/// The video codec in the MP4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// H.264, by libx264, which every player supports.
    H264,
    /// AV1, by libaom.
    Av1,
    /// VP9, by libvpx.
    Vp9,
}

/// How colours are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colors {
    /// BT.709, limited range, chroma at half resolution, which every player supports.
    Yuv420p,
    /// BT.709, limited range, chroma at full resolution.
    Yuv444p,
    /// RGB: exact, but few players support it.
    Rgb,
}

impl Codec {
    /// The largest value of [`Quality`].
    #[must_use]
    pub fn worst_quality(self) -> u8 {
        match self {
            Codec::H264 => 51,
            Codec::Av1 | Codec::Vp9 => 63,
        }
    }

    /// Its name for people: `H.264`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Codec::H264 => "H.264",
            Codec::Av1 => "AV1",
            Codec::Vp9 => "VP9",
        }
    }

    /// The increase of the quality number that halves the bits.
    fn steps_per_halving(self) -> f32 {
        match self {
            Codec::H264 => 6.0,
            Codec::Av1 | Codec::Vp9 => 8.0,
        }
    }
}

impl Encoding {
    /// The scale for a tape of this size: the encoding's, or the largest that fits.
    #[must_use]
    pub fn scale_for(&self, width: u32, height: u32) -> u32 {
        let fits = |scale: u32, longest: u32| width.max(height).saturating_mul(scale) <= longest;
        match self.scale {
            4 if fits(4, LONGEST_AT_FOUR) => 4,
            2 | 4 if fits(2, LONGEST_AT_TWO) => 2,
            2 | 4 => 1,
            other => other,
        }
    }

    /// The libav encoder it needs.
    #[must_use]
    pub fn encoder(&self) -> &'static str {
        match (self.codec, self.colors) {
            (Codec::H264, Colors::Rgb) => "libx264rgb",
            (Codec::H264, _) => "libx264",
            (Codec::Av1, _) => "libaom-av1",
            (Codec::Vp9, _) => "libvpx-vp9",
        }
    }

    /// Each option of the encoder with its value.
    pub fn options(&self) -> impl Iterator<Item = (&str, &str)> {
        self.encoder_options.split_whitespace().map(|option| option.split_once('=').unwrap_or((option, "")))
    }

    /// The same with another parameter for libx264, which overrides an earlier one.
    #[must_use]
    pub fn with_x264_parameter(&self, parameter: &str) -> Self {
        let mut has_parameters = false;
        let mut options = Vec::new();
        for (option, value) in self.options() {
            let is_theirs = option == X264_PARAMETERS;
            options.push(if is_theirs { format!("{option}={value}:{parameter}") } else { format!("{option}={value}") });
            has_parameters |= is_theirs;
        }
        if !has_parameters {
            options.push(format!("{X264_PARAMETERS}={parameter}"));
        }
        Encoding { encoder_options: options.join(" "), ..self.clone() }
    }

    /// The quality at which a video of `bytes`, encoded at `quality`, should shrink to `limit`; `None` if there is none
    /// left. Two extra steps account for parts that do not shrink.
    #[must_use]
    pub fn quality_to_fit(&self, quality: Quality, bytes: u64, limit: u64) -> Option<Quality> {
        let steps = 2.0 + self.codec.steps_per_halving() * (bytes as f32 / limit as f32).log2();
        let worse = match quality {
            Quality::Crf(crf) => Quality::Crf(crf + steps),
            Quality::Qp(qp) => Quality::Qp(qp.saturating_add(steps.ceil() as u8)),
            Quality::Adaptive(middle) => Quality::Adaptive(middle + steps),
            Quality::Floor(floor) => Quality::Adaptive(floor.coarsest + steps),
            Quality::Lossless => return None,
        };
        self.can_have(worse).then_some(worse)
    }

    fn can_have(&self, quality: Quality) -> bool {
        let worst = self.codec.worst_quality();
        match quality {
            Quality::Crf(value) | Quality::Adaptive(value) => (0.0..=f32::from(worst)).contains(&value),
            Quality::Qp(qp) => qp <= worst,
            Quality::Floor(Floor { finest, coarsest, .. }) => {
                0.0 <= finest && finest <= coarsest && coarsest <= f32::from(worst)
            }
            Quality::Lossless => true,
        }
    }

    pub(super) fn plays_everywhere(&self) -> bool {
        (self.codec, self.colors) == (Codec::H264, Colors::Yuv420p)
    }

    /// The first problem with it, if any.
    pub(super) fn fault(&self) -> Option<String> {
        let quality = self.quality;
        if !(1..=16).contains(&self.scale) {
            Some(format!("scales by {}; 1 to 16 can be done", self.scale))
        } else if self.chunk_frames < SHORTEST_CHUNK {
            Some(format!("has chunks of {} frames; {SHORTEST_CHUNK} are the least", self.chunk_frames))
        } else if matches!(quality, Quality::Qp(_) | Quality::Adaptive(_) | Quality::Floor(_))
            && self.codec != Codec::H264
        {
            Some(format!("has a quantiser; {} takes crf or lossless", self.codec.name()))
        } else if !self.can_have(quality) {
            Some(format!("has a quality outside 0 to {}", self.codec.worst_quality()))
        } else if let Some(fault) = trial_fault(quality) {
            Some(fault)
        } else if quality == Quality::Lossless && (self.colors, self.scale) != (Colors::Rgb, 1) {
            Some("is lossless; that takes colors = \"rgb\" and scale = 1".into())
        } else {
            self.options()
                .find(|(_, value)| value.is_empty())
                .map(|(option, _)| format!("has encoder option {option} without a value; write {option}=VALUE"))
        }
    }
}

/// The problem with the search for a quantiser, if any.
fn trial_fault(quality: Quality) -> Option<String> {
    let Quality::Floor(Floor { trial, .. }) = quality else { return None };
    if !(0.1..=10.0).contains(&trial.ipratio) {
        Some(format!("has trials with an ipratio of {}; 0.1 to 10 can be done", trial.ipratio))
    } else if !(0.0..=10.0).contains(&trial.margin) {
        Some(format!("has trials with a margin of {} dB; 0 to 10 can be done", trial.margin))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::Presets;

    fn encoding(preset: &str) -> Encoding {
        Presets::built_in().unwrap().get(preset).unwrap().encodings[0].clone()
    }

    #[test]
    fn a_pixel_becomes_four_where_there_is_room_else_two_else_one() {
        let standard = encoding("standard");
        for (width, height, scale) in
            [(320, 240, 4), (480, 360, 4), (481, 360, 2), (360, 481, 2), (1920, 1080, 2), (1921, 1, 1), (1, 4000, 1)]
        {
            assert_eq!(standard.scale_for(width, height), scale, "{width}x{height}");
        }
        assert_eq!(encoding("swift").scale_for(320, 240), 2);
        assert_eq!(encoding("incumbent").scale_for(1921, 1), 3);
    }

    #[test]
    fn quality_to_fit_grows_with_the_surplus_and_ends() {
        let standard = encoding("standard");
        assert_eq!(standard.quality_to_fit(Quality::Qp(20), 200, 100), Some(Quality::Qp(28)));
        assert_eq!(standard.quality_to_fit(Quality::Crf(20.0), 400, 100), Some(Quality::Crf(34.0)));
        assert_eq!(standard.quality_to_fit(Quality::Qp(50), 200, 100), None);
        let av1 = Encoding { codec: Codec::Av1, ..standard };
        assert_eq!(av1.quality_to_fit(Quality::Crf(50.0), 200, 100), Some(Quality::Crf(60.0)));
        assert_eq!(av1.quality_to_fit(Quality::Lossless, 200, 100), None);
    }

    #[test]
    fn options_are_told_apart_by_white_space_and_keep_what_follows_the_first_sign() {
        let encoding =
            Encoding { encoder_options: " preset=medium\n x264-params=me=dia:ref=5 ".into(), ..encoding("swift") };
        assert_eq!(encoding.options().collect::<Vec<_>>(), [("preset", "medium"), ("x264-params", "me=dia:ref=5")]);
    }

    #[test]
    fn a_parameter_of_libx264_comes_after_those_that_are_there() {
        let with = |options: &str| {
            let encoding = Encoding { encoder_options: options.into(), ..encoding("swift") };
            encoding.with_x264_parameter("ref=1").encoder_options
        };
        assert_eq!(with("x264-params=me=dia:ref=5 preset=medium"), "x264-params=me=dia:ref=5:ref=1 preset=medium");
        assert_eq!(with("preset=medium"), "preset=medium x264-params=ref=1");
    }
}
