//! A preset: everything about a video that is a matter of choice.

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::error::{Error, Result, VideoError};

use super::encoding::{Codec, Encoding};

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

/// Which time a frame is shown at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rate {
    /// The time it was recorded at.
    Exact,
    /// A constant whole number of frames a second, the mean rounded, as the site's converter has it.
    Rounded,
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
