//! Presets: everything about a video that is a matter of choice, as data.
//!
//! The built-in ones are `presets.toml` beside this file; a file of the same form adds more or changes them.

use std::path::Path;

use serde::{Deserialize, Serialize};
use toml::Table;

use crate::error::{Error, Result};

const BUILT_IN: &str = include_str!("presets.toml");

/// Where ×4 stops: the long side of 1080p, which every phone decodes.
const LONGEST_AT_FOUR: u32 = 1920;

/// Where ×2 stops: the long side of 4K.
const LONGEST_AT_TWO: u32 = 3840;

/// H.264 forbids two key frames in a row with the same id, and each chunk starts counting anew; chunks are cut to
/// nearly equal lengths, so with this none has a single frame.
const SHORTEST_CHUNK: usize = 4;

/// How to turn a tape into a video.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Preset {
    /// The name it is asked for by.
    #[serde(skip_deserializing)]
    pub name: String,
    /// Counts up whenever the preset changes, so that one can tell which tapes to encode again.
    pub version: u32,
    /// What it is good for, in a line.
    pub summary: String,
    /// How many pixels wide and high a pixel of the tape becomes, where there is room for it.
    pub scale: u32,
    /// How colours are stored.
    pub colors: Colors,
    /// Which time a frame is shown at.
    pub rate: Rate,
    /// libx264's own preset, from which the options below depart.
    pub x264_preset: String,
    /// How much may be lost.
    pub quality: Quality,
    /// libx264 options, `key=value` joined by colons.
    pub x264_params: String,
    /// Frames in a closed group of pictures, each encoded on its own by one thread. Also the distance of seek points.
    pub chunk_frames: usize,
    /// AAC bit rate in kbit/s.
    pub audio_kbps: u32,
    /// Bytes the finished video may have; what is larger is encoded again at lower quality.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_limit: Option<u64>,
}

/// How colours are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colors {
    /// BT.709, limited range, chroma at half resolution: what every player takes.
    Yuv420p,
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
    /// libx264's constant rate factor: 0 is the best, 51 the worst.
    Crf(f32),
    /// A constant quantiser; 0 is lossless.
    Qp(u8),
    /// A quantiser for each chunk, finer for calm pictures and coarser for busy ones; this is the one for pictures in
    /// which a pixel changes by one level of luma on average.
    Adaptive(f32),
}

impl Quality {
    /// The quality at which a video of `bytes` should come down to `limit`, or `None` if there is none left. Six
    /// steps of the quantiser halve the bits, and two more are for what does not shrink with them.
    #[must_use]
    pub fn to_fit(self, bytes: u64, limit: u64) -> Option<Self> {
        let steps = 2.0 + 6.0 * (bytes as f32 / limit as f32).log2();
        let worse = match self {
            Quality::Crf(crf) => Quality::Crf(crf + steps),
            Quality::Qp(qp) => Quality::Qp(qp.saturating_add(steps.ceil() as u8)),
            Quality::Adaptive(middle) => Quality::Adaptive(middle + steps),
        };
        worse.is_valid().then_some(worse)
    }

    fn is_valid(self) -> bool {
        match self {
            Quality::Crf(value) | Quality::Adaptive(value) => (0.0..=51.0).contains(&value),
            Quality::Qp(qp) => qp <= 51,
        }
    }
}

impl Preset {
    /// Its name with its version, `standard@3`: what a video is remembered to be made with.
    #[must_use]
    pub fn versioned_name(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// How many times larger a tape of this size becomes: the preset's scale, or what there is room for.
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

    /// The same, for videos that must not have more bytes than this.
    #[must_use]
    pub fn limited_to(&self, bytes: u64) -> Self {
        let limit = self.size_limit.map_or(bytes, |limit| limit.min(bytes));
        Preset { size_limit: Some(limit), ..self.clone() }
    }

    fn checked(self) -> Result<Self> {
        let wrong = if !(1..=16).contains(&self.scale) {
            format!("scales by {}; 1 to 16 can be done", self.scale)
        } else if self.chunk_frames < SHORTEST_CHUNK {
            format!("has chunks of {} frames; {SHORTEST_CHUNK} are the least", self.chunk_frames)
        } else if !self.quality.is_valid() {
            "has a quality outside 0 to 51".into()
        } else if !(16..=512).contains(&self.audio_kbps) {
            format!("has sound of {} kbit/s; 16 to 512 can be done", self.audio_kbps)
        } else {
            return Ok(self);
        };
        Err(Error::Preset { name: self.name, what: wrong })
    }
}

/// All presets there are, the built-in ones first.
#[derive(Debug, Clone)]
pub struct Presets(Vec<Preset>);

impl Presets {
    /// The built-in presets.
    ///
    /// # Errors
    /// None, unless `presets.toml` was edited wrongly.
    pub fn built_in() -> Result<Self> {
        Presets(Vec::new()).extended(Path::new("presets.toml"), BUILT_IN)
    }

    /// These presets with those in `text` added. A table of a known name changes just the keys it has; a new one needs
    /// all keys, or `based-on` and the keys that differ.
    ///
    /// # Errors
    /// [`Error::PresetFile`] for what is not such a file, [`Error::Preset`] for what cannot be encoded.
    pub fn extended(mut self, path: &Path, text: &str) -> Result<Self> {
        let wrong = |source: crate::error::Cause| Error::PresetFile { path: path.into(), source };
        let tables: Table = toml::from_str(text).map_err(|error| wrong(error.into()))?;
        for (name, value) in tables {
            let Ok(mut table) = value.try_into::<Table>() else {
                return Err(wrong(format!("{name} is not a table; write [{name}]").into()));
            };
            let base = table.remove("based-on");
            let base = base.as_ref().and_then(|base| base.as_str()).unwrap_or(&name);
            let mut merged = match self.0.iter().find(|preset| preset.name == base) {
                Some(preset) => Table::try_from(preset).map_err(|error| wrong(error.into()))?,
                None => Table::new(),
            };
            merged.remove("name");
            merged.extend(table);
            let preset: Preset = merged
                .try_into()
                .map_err(|error: toml::de::Error| wrong(format!("[{name}] {}", error.message()).into()))?;
            let preset = Preset { name: name.clone(), ..preset }.checked()?;
            match self.0.iter_mut().find(|known| known.name == name) {
                Some(known) => *known = preset,
                None => self.0.push(preset),
            }
        }
        Ok(self)
    }

    /// The preset of this name.
    ///
    /// # Errors
    /// [`Error::UnknownPreset`], with the names there are.
    pub fn get(&self, name: &str) -> Result<&Preset> {
        self.0.iter().find(|preset| preset.name == name).ok_or_else(|| {
            let known: Vec<_> = self.iter().map(|preset| preset.name.as_str()).collect();
            Error::UnknownPreset { name: name.into(), known: known.join(", ") }
        })
    }

    /// The presets in the order they were defined.
    pub fn iter(&self) -> std::slice::Iter<'_, Preset> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Presets {
    type Item = &'a Preset;
    type IntoIter = std::slice::Iter<'a, Preset>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extended(text: &str) -> Result<Presets> {
        Presets::built_in().unwrap().extended(Path::new("mine.toml"), text)
    }

    #[test]
    fn a_pixel_becomes_four_where_there_is_room_else_two_else_one() {
        let presets = Presets::built_in().unwrap();
        let standard = presets.get("standard").unwrap();
        for (width, height, scale) in
            [(320, 240, 4), (480, 360, 4), (481, 360, 2), (360, 481, 2), (1920, 1080, 2), (1921, 1, 1), (1, 4000, 1)]
        {
            assert_eq!(standard.scale_for(width, height), scale, "{width}x{height}");
        }
        assert_eq!(presets.get("draft").unwrap().scale_for(320, 240), 2);
        assert_eq!(presets.get("incumbent").unwrap().scale_for(1921, 1), 3);
    }

    #[test]
    fn a_file_changes_single_keys_and_adds_presets_based_on_others() {
        let presets = extended("[standard]\nscale = 2\n[tiny]\nbased-on = 'small'\nquality = { crf = 40.0 }").unwrap();
        assert_eq!(presets.get("standard").unwrap().scale, 2);
        let tiny = presets.get("tiny").unwrap();
        assert_eq!((tiny.quality, tiny.scale), (Quality::Crf(40.0), presets.get("small").unwrap().scale));
    }

    #[test]
    fn what_is_wrong_with_a_preset_file_is_said() {
        for (text, expected) in [
            ("standard = 3", "standard is not a table; write [standard]"),
            ("[standard]\nscales = 2", "unknown field `scales`"),
            ("[mine]\nscale = 2", "[mine] missing field"),
            ("[standard]\nscale = 0", "scales by 0; 1 to 16 can be done"),
            ("[standard]\nquality = { crf = 99.0 }", "quality outside 0 to 51"),
            ("[", "TOML"),
        ] {
            let chain = extended(text).unwrap_err().chain().join(": ");
            assert!(chain.contains(expected), "{chain}");
        }
        assert!(Presets::built_in().unwrap().get("fast").unwrap_err().to_string().contains("standard, draft, small"));
    }

    #[test]
    fn quality_to_fit_grows_with_the_surplus_and_ends() {
        assert_eq!(Quality::Qp(20).to_fit(200, 100), Some(Quality::Qp(28)));
        assert_eq!(Quality::Crf(20.0).to_fit(400, 100), Some(Quality::Crf(34.0)));
        assert_eq!(Quality::Qp(50).to_fit(200, 100), None);
    }
}
