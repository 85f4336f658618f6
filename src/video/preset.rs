//! Presets: all choices about a video.

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::error::{Error, Result, VideoError};

use super::encoding::{Codec, Encoding};

/// How to turn a tape into a video.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Preset {
    /// The name by which users select it.
    pub name: String,
    /// Increases with every change of the preset, to tell which tapes to encode again.
    pub version: u32,
    /// Its purpose, in a line.
    pub summary: String,
    /// The players that play it, on all common machines.
    pub plays_in: Vec<Player>,
    /// The times of frames.
    pub rate: Rate,
    /// AAC bit rate in kbit/s.
    pub audio_kbps: u32,
    /// Maximum size of the finished video in bytes; a larger one is encoded again at lower quality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_limit: Option<u64>,
    /// Whether warnings about a tape prevent its encoding.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub strict: bool,
    /// How one of several encodings is chosen for a tape; `None` if there is only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choose: Option<Choose>,
    /// The encodings, at least one, in the order of the preset.
    #[serde(flatten, serialize_with = "one_or_several")]
    pub encodings: Vec<Encoding>,
}

/// Serialises a single encoding with the preset's own keys, as in a preset file, and several as a list.
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

/// The players that people use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Player {
    /// Chrome, Edge and others.
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
    /// The first encoding that suits the look of the tape is used.
    Look,
}

/// The times of frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rate {
    /// The time of recording.
    Exact,
    /// A constant whole number of frames per second, the rounded mean, as in the site's converter.
    Rounded,
}

impl Player {
    /// Its name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Player::Chromium => "Chromium",
            Player::Firefox => "Firefox",
            Player::Safari => "Safari",
        }
    }
}

impl Preset {
    /// Its name with its version: `standard@3`.
    #[must_use]
    pub fn versioned_name(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// The name stored for a video of this codec: `archive@3/av1`.
    #[must_use]
    pub fn signature(&self, codec: Codec) -> String {
        format!("{}/{}", self.versioned_name(), codec.name().replace('.', "").to_lowercase())
    }

    /// Whether this player plays its videos.
    #[must_use]
    pub fn plays_in(&self, player: Player) -> bool {
        self.plays_in.contains(&player)
    }

    /// The same, for videos of at most this many bytes.
    #[must_use]
    pub fn limited_to(&self, bytes: u64) -> Self {
        let limit = self.size_limit.map_or(bytes, |limit| limit.min(bytes));
        Preset { size_limit: Some(limit), ..self.clone() }
    }

    /// The preset, if it is valid.
    ///
    /// # Errors
    /// [`VideoError::Preset`] with the first problem.
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
