//! A preset: everything about a video that is a matter of choice.

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::error::{Error, Result, VideoError};

use super::look::Kind;
use super::thousandths;

/// Where ×4 stops: the long side of 1080p, which every phone decodes.
const LONGEST_AT_FOUR: u32 = 1920;

/// Where ×2 stops: the long side of 4K.
const LONGEST_AT_TWO: u32 = 3840;

/// H.264 forbids two key frames in a row with the same id, and each chunk starts counting anew; chunks are cut to
/// nearly equal lengths, so with this none has a single frame.
const SHORTEST_CHUNK: usize = 4;

/// How to turn a tape into a video.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Preset {
    /// The name that users ask for.
    pub name: String,
    /// Counts up whenever the preset changes, so that one can tell which tapes to encode again.
    pub version: u32,
    /// What it is good for, in a line.
    pub summary: String,
    /// Who plays it, on all machines that are in use.
    pub plays_in: Vec<Player>,
    /// Which time a frame is shown at.
    pub rate: Rate,
    /// AAC bit rate in kbit/s.
    pub audio_kbps: u32,
    /// Bytes the finished video may have; what is larger is encoded again at lower quality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_limit: Option<u64>,
    /// Whether anything odd about a tape keeps it from being encoded.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub strict: bool,
    /// How one of several encodings is chosen for a tape; `None` where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choose: Option<Choose>,
    /// The ways to encode pictures, at least one, in the order in which the preset names them.
    #[serde(flatten, serialize_with = "one_or_several")]
    pub encodings: Vec<Encoding>,
}

/// The only encoding's keys are the preset's, as in a preset file; several are a list.
fn one_or_several<S: Serializer>(encodings: &[Encoding], serializer: S) -> Result<S::Ok, S::Error> {
    match encodings {
        [only] => only.serialize(serializer),
        several => {
            let mut map = serializer.serialize_map(Some(1))?;
            map.serialize_entry("encodings", several)?;
            map.end()
        }
    }
}

/// What people watch videos with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Player {
    /// Chrome, Edge and the like.
    Chromium,
    /// Firefox.
    Firefox,
    /// Safari, and with it every browser on iPhones.
    Safari,
}

/// How one of several encodings is chosen for a tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choose {
    /// The tape is encoded with each, and the smallest video is kept.
    Smallest,
    /// The first that suits the look of the tape.
    Look,
}

/// One way to encode the pictures of a tape.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Encoding {
    /// Its name, where the preset has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The looks of tapes that it is meant for; none for any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suits: Vec<Kind>,
    /// What kind of video it makes.
    pub codec: Codec,
    /// How many pixels wide and high a pixel of the tape becomes, where there is room for it.
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

/// What kind of video there is in the MP4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// H.264, by libx264: what every player takes.
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
    /// BT.709, limited range, chroma at half resolution: what every player takes.
    Yuv420p,
    /// BT.709, limited range, chroma at full resolution.
    Yuv444p,
    /// RGB as it is: exact, but few players take it.
    Rgb,
}

/// Which time a frame is shown at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rate {
    /// The time it was recorded at.
    Exact,
    /// A constant whole number of frames a second, the mean rounded, as the site's converter has it.
    Rounded,
}

/// How much may be lost in encoding.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quality {
    /// The encoder's constant rate factor: 0 is the best, and [`Codec::worst_quality`] the worst.
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
}

impl Player {
    /// As people write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Player::Chromium => "Chromium",
            Player::Firefox => "Firefox",
            Player::Safari => "Safari",
        }
    }
}

impl Codec {
    /// The largest number that [`Quality`] can have.
    #[must_use]
    pub fn worst_quality(self) -> u8 {
        match self {
            Codec::H264 => 51,
            Codec::Av1 | Codec::Vp9 => 63,
        }
    }

    /// As people write it: `H.264`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Codec::H264 => "H.264",
            Codec::Av1 => "AV1",
            Codec::Vp9 => "VP9",
        }
    }

    /// By how much the quality number rises while the bits halve.
    fn steps_per_halving(self) -> f32 {
        match self {
            Codec::H264 => 6.0,
            Codec::Av1 | Codec::Vp9 => 8.0,
        }
    }
}

impl Encoding {
    /// How many times larger a tape of this size becomes: the encoding's scale, or what there is room for.
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

    /// The libav encoder that it needs.
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

    /// The quality at which a video of `bytes`, encoded at `quality`, should come down to `limit`, or `None` if there
    /// is none left. Two steps more than halving takes are for what does not shrink with them.
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

    fn plays_everywhere(&self) -> bool {
        (self.codec, self.colors) == (Codec::H264, Colors::Yuv420p)
    }

    /// What cannot be done about it, if anything.
    fn fault(&self) -> Option<String> {
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
        } else if quality == Quality::Lossless && (self.colors, self.scale) != (Colors::Rgb, 1) {
            Some("is lossless; that takes colors = \"rgb\" and scale = 1".into())
        } else {
            self.options()
                .find(|(_, value)| value.is_empty())
                .map(|(option, _)| format!("has encoder option {option} without a value; write {option}=VALUE"))
        }
    }
}

impl Preset {
    /// Its name with its version: `standard@3`.
    #[must_use]
    pub fn versioned_name(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// What a video of this codec is remembered to be made with: `archive@3/av1`.
    #[must_use]
    pub fn signature(&self, codec: Codec) -> String {
        format!("{}/{}", self.versioned_name(), codec.name().replace('.', "").to_lowercase())
    }

    /// Whether some player shows its videos.
    #[must_use]
    pub fn plays_in(&self, player: Player) -> bool {
        self.plays_in.contains(&player)
    }

    /// The same, for videos that must not have more bytes than this.
    #[must_use]
    pub fn limited_to(&self, bytes: u64) -> Self {
        let limit = self.size_limit.map_or(bytes, |limit| limit.min(bytes));
        Preset { size_limit: Some(limit), ..self.clone() }
    }

    /// Itself, if it can be encoded.
    ///
    /// # Errors
    /// [`VideoError::Preset`] with the first thing that cannot be done.
    pub(super) fn checked(self) -> Result<Self> {
        let fault = if !(16..=512).contains(&self.audio_kbps) {
            Some(format!("has sound of {} kbit/s; 16 to 512 can be done", self.audio_kbps))
        } else if self.encodings.len() > 1 && self.choose.is_none() {
            Some("has several encodings and no rule for choosing one; write choose = \"smallest\"".into())
        } else if self.plays_in(Player::Safari) && !self.encodings.iter().all(Encoding::plays_everywhere) {
            Some("says that it plays in Safari; that takes codec = \"h264\" and colors = \"yuv420p\"".into())
        } else {
            self.encodings.iter().find_map(Encoding::fault)
        };
        match fault {
            Some(what) => Err(Error::Video(VideoError::Preset { name: self.name, what })),
            None => Ok(self),
        }
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
}
