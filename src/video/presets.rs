//! All presets, as TOML: the built-in ones are in `presets.toml` beside this file; a file of the same form adds presets
//! or changes them.
//!
//! A table is a preset. A table within it, other than a value such as `quality`, is one of several encodings, and has
//! the keys that differ from the preset's own. A preset without such tables has one encoding.

use std::path::Path;

use serde::Deserialize;
use toml::{Table, Value};

use crate::error::{Cause, Error, Result, VideoError};

use super::encoding::{Codec, Colors, Encoding};
use super::look::Kind;
use super::preset::{Choose, Player, Preset, Rate};
use super::quality::Quality;

const BUILT_IN: &str = include_str!("presets.toml");

/// Keys that may differ between the encodings of a preset.
const OF_ENCODINGS: [&str; 7] = ["suits", "codec", "scale", "colors", "quality", "encoder-options", "chunk-frames"];

/// The key whose value may be a table.
const QUALITY: &str = "quality";

/// The key that is specific to a codec.
const OPTIONS: &str = "encoder-options";

/// All keys of an encoding and its preset.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Keys {
    version: u32,
    summary: String,
    plays_in: Vec<Player>,
    rate: Rate,
    audio_kbps: u32,
    size_limit: Option<u64>,
    #[serde(default)]
    strict: bool,
    choose: Option<Choose>,
    #[serde(default)]
    suits: Vec<Kind>,
    codec: Codec,
    scale: u32,
    colors: Colors,
    quality: Quality,
    encoder_options: String,
    chunk_frames: usize,
}

/// All presets, the built-in ones first.
#[derive(Debug, Clone)]
pub struct Presets {
    presets: Vec<Preset>,
    /// The table of each preset.
    tables: Vec<Table>,
}

impl Presets {
    /// The built-in presets.
    ///
    /// # Errors
    /// None, unless `presets.toml` is invalid.
    pub fn built_in() -> Result<Self> {
        Presets { presets: Vec::new(), tables: Vec::new() }.extended(Path::new("presets.toml"), BUILT_IN)
    }

    /// These presets with those in `text` added. A table of a known name changes only the keys it has; a new one needs
    /// all keys, or `based-on` and the keys that differ. `based-on = "archive.av1"` takes one encoding out of several.
    ///
    /// # Errors
    /// [`VideoError::PresetFile`] if it is not a preset file, [`VideoError::Preset`] for an invalid preset.
    pub fn extended(mut self, path: &Path, text: &str) -> Result<Self> {
        let wrong = |source: Cause| Error::Video(VideoError::PresetFile { path: path.into(), source });
        let tables: Table = toml::from_str(text).map_err(|error| wrong(error.into()))?;
        for (name, value) in tables {
            let Value::Table(mut changes) = value else {
                return Err(wrong(format!("{name} is not a table; write [{name}]").into()));
            };
            let base = match changes.remove("based-on") {
                Some(Value::String(base)) => self
                    .table(&base)
                    .ok_or_else(|| wrong(format!("[{name}] is based on {base}, which is unknown").into()))?,
                Some(_) => return Err(wrong(format!("[{name}] based-on is not the name of a preset").into())),
                None => self.table(&name).unwrap_or_default(),
            };
            let table = changed(base, changes);
            let preset = preset(&name, &table).map_err(|what| wrong(what.into()))?.checked()?;
            if let Some(known) = self.presets.iter().position(|known| known.name == name) {
                (self.presets[known], self.tables[known]) = (preset, table);
            } else {
                self.presets.push(preset);
                self.tables.push(table);
            }
        }
        Ok(self)
    }

    /// The preset of this name.
    ///
    /// # Errors
    /// [`VideoError::UnknownPreset`], with the known names.
    pub fn get(&self, name: &str) -> Result<&Preset> {
        self.iter().find(|preset| preset.name == name).ok_or_else(|| {
            let known: Vec<_> = self.iter().map(|preset| preset.name.as_str()).collect();
            Error::Video(VideoError::UnknownPreset { name: name.into(), known: known.join(", ") })
        })
    }

    /// The presets in the order of definition.
    pub fn iter(&self) -> std::slice::Iter<'_, Preset> {
        self.presets.iter()
    }

    /// The table of a preset, `archive`, or of one of its encodings as if it were the only one, `archive.av1`.
    fn table(&self, name: &str) -> Option<Table> {
        let find = |name: &str| self.iter().position(|preset| preset.name == name).map(|at| self.tables[at].clone());
        find(name).or_else(|| {
            let (name, variant) = name.rsplit_once('.')?;
            let (mut keys, variants) = split(find(name)?);
            let (_, changes) = variants.into_iter().find(|(name, _)| name == variant)?;
            keys.remove("choose");
            Some(changed(keys, changes))
        })
    }
}

impl<'a> IntoIterator for &'a Presets {
    type Item = &'a Preset;
    type IntoIter = std::slice::Iter<'a, Preset>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The keys that all encodings of a preset share, and the tables of its named encodings.
fn split(table: Table) -> (Table, Vec<(String, Table)>) {
    let (mut keys, mut variants) = (Table::new(), Vec::new());
    for (name, value) in table {
        match value {
            Value::Table(variant) if name != QUALITY => variants.push((name, variant)),
            value => drop(keys.insert(name, value)),
        }
    }
    (keys, variants)
}

/// `base` with these changes. A change for all encodings overrides each encoding's own value; options for one codec's
/// encoder are dropped if the codec changes.
fn changed(base: Table, changes: Table) -> Table {
    let (mut keys, mut variants) = split(base);
    let (new_keys, new_variants) = split(changes);
    let is_void = |key: &str| new_keys.contains_key(key) || key == OPTIONS && new_keys.contains_key("codec");
    for (_, table) in &mut variants {
        table.retain(|key, _| !is_void(key));
    }
    override_keys(&mut keys, &new_keys);
    for (name, changes) in new_variants {
        match variants.iter_mut().find(|(known, _)| *known == name) {
            Some((_, table)) => override_keys(table, &changes),
            None => variants.push((name, changes)),
        }
    }
    keys.extend(variants.into_iter().map(|(name, table)| (name, Value::Table(table))));
    keys
}

fn override_keys(table: &mut Table, changes: &Table) {
    if changes.contains_key("codec") {
        table.remove(OPTIONS);
    }
    table.extend(changes.clone());
}

/// The preset of a complete table, or the problem with the table.
fn preset(name: &str, table: &Table) -> Result<Preset, String> {
    let (keys, variants) = split(table.clone());
    let mut encodings = Vec::new();
    for (variant, changes) in &variants {
        if let Some((key, _)) = changes.iter().find(|(key, _)| keys.contains_key(*key) && !may_differ(key)) {
            return Err(format!("[{name}.{variant}] {key} is the same for all encodings; write it under [{name}]"));
        }
        let mut whole = keys.clone();
        override_keys(&mut whole, changes);
        encodings.push(Keys::read(&format!("{name}.{variant}"), whole)?.encoding(Some(variant)));
    }
    let mut whole = keys;
    if let Some((_, changes)) = variants.first() {
        override_keys(&mut whole, changes);
    }
    let keys = Keys::read(name, whole)?;
    if encodings.is_empty() {
        encodings.push(keys.encoding(None));
    }
    Ok(Preset {
        name: name.into(),
        version: keys.version,
        summary: keys.summary,
        plays_in: keys.plays_in,
        rate: keys.rate,
        audio_kbps: keys.audio_kbps,
        size_limit: keys.size_limit,
        strict: keys.strict,
        choose: keys.choose,
        encodings,
    })
}

fn may_differ(key: &str) -> bool {
    OF_ENCODINGS.contains(&key)
}

impl Keys {
    fn read(place: &str, whole: Table) -> Result<Self, String> {
        whole.try_into().map_err(|error: toml::de::Error| format!("[{place}] {}", error.message()))
    }

    fn encoding(&self, variant: Option<&String>) -> Encoding {
        Encoding {
            variant: variant.cloned(),
            suits: self.suits.clone(),
            codec: self.codec,
            scale: self.scale,
            colors: self.colors,
            quality: self.quality,
            encoder_options: self.encoder_options.clone(),
            chunk_frames: self.chunk_frames,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = r#"
        [two]
        based-on = "incumbent"
        choose = "smallest"
        [two.large]
        scale = 4
        [two.slow]
        encoder-options = "preset=slow"
    "#;

    fn extended(text: &str) -> Result<Presets> {
        Presets::built_in().unwrap().extended(Path::new("mine.toml"), text)
    }

    fn encodings(text: &str, name: &str) -> Vec<(Option<String>, u32, String)> {
        let presets = extended(&format!("{TWO}\n{text}")).unwrap();
        let encodings = presets.get(name).unwrap().encodings.iter();
        encodings.map(|one| (one.variant.clone(), one.scale, one.encoder_options.clone())).collect()
    }

    #[test]
    fn a_file_changes_single_keys_and_adds_presets_based_on_others() {
        let presets = extended("[standard]\nscale = 2\n[tiny]\nbased-on = 'small'\nquality = { crf = 40.0 }").unwrap();
        let first = |name: &str| presets.get(name).unwrap().encodings[0].clone();
        assert_eq!(first("standard").scale, 2);
        assert_eq!((first("tiny").quality, first("tiny").scale), (Quality::Crf(40.0), first("small").scale));
    }

    #[test]
    fn tables_within_a_preset_are_encodings_that_differ_in_their_keys() {
        let usual = extended("").unwrap().get("incumbent").unwrap().encodings[0].encoder_options.clone();
        let [large, slow] = ["large", "slow"].map(|name| Some(name.to_string()));
        let expected = [(large.clone(), 4, usual.clone()), (slow.clone(), 3, "preset=slow".into())];
        assert_eq!(encodings("", "two"), expected);

        let fixed = [(large.clone(), 1, usual.clone()), (slow.clone(), 1, "preset=slow".into())];
        assert_eq!(encodings("[mine]\nbased-on = 'two'\nscale = 1", "mine"), fixed);
        let changed = [(large, 5, usual), (slow.clone(), 3, "preset=slow".into())];
        assert_eq!(encodings("[mine]\nbased-on = 'two'\n[mine.large]\nscale = 5", "mine"), changed);
        assert_eq!(encodings("[mine]\nbased-on = 'two.slow'\nscale = 3", "mine"), [(None, 3, "preset=slow".into())]);
    }

    #[test]
    fn another_codec_starts_without_the_options_of_the_first() {
        let error = extended("[mine]\nbased-on = 'incumbent'\ncodec = 'av1'").unwrap_err().chain().join(": ");
        assert!(error.contains("[mine] missing field `encoder-options`"), "{error}");
    }

    #[test]
    fn what_is_wrong_with_a_preset_file_is_said() {
        for (text, expected) in [
            ("standard = 3", "standard is not a table; write [standard]"),
            ("[standard]\nscales = 2", "unknown field `scales`"),
            ("[mine]\nscale = 2", "[mine] missing field"),
            ("[mine]\nbased-on = 'never'", "[mine] is based on never, which is unknown"),
            ("[mine]\nbased-on = 'standard.never'", "[mine] is based on standard.never, which is unknown"),
            ("[mine]\nbased-on = 3", "[mine] based-on is not the name of a preset"),
            ("[incumbent.large]\nscales = 4", "[incumbent.large] unknown field `scales`"),
            (
                "[incumbent.large]\nversion = 4",
                "[incumbent.large] version is the same for all encodings; write it under [incumbent]",
            ),
            (
                "[incumbent.large]\nscale = 4\n[incumbent.small]\nscale = 1",
                "several encodings and no rule for choosing one",
            ),
            ("[standard]\nscale = 0", "scales by 0; 1 to 16 can be done"),
            ("[standard]\nchunk-frames = 3", "has chunks of 3 frames; 4 are the least"),
            ("[standard]\nquality = { crf = 99.0 }", "quality outside 0 to 51"),
            (
                "[incumbent]\nquality = { floor = { psnr = 42.0, finest = 20.0, coarsest = 30.0, trial = { at = 'calm', ipratio = 0.0, margin = 1.0 } } }",
                "has trials with an ipratio of 0; 0.1 to 10 can be done",
            ),
            ("[standard]\nquality = 'lossless'", "is lossless; that takes colors"),
            ("[archive.vp9]\nquality = { qp = 8 }", "has a quantiser; VP9 takes crf or lossless"),
            (
                "[incumbent]\ncodec = 'vp9'\nencoder-options = 'cpu-used=8'",
                "says that it plays in Safari; that takes codec",
            ),
            (
                "[incumbent]\nencoder-options = 'preset'",
                "has encoder option preset without a value; write preset=VALUE",
            ),
            ("[incumbent]\naudio-kbps = 8", "has sound of 8 kbit/s"),
            ("[", "TOML"),
        ] {
            let chain = extended(text).unwrap_err().chain().join(": ");
            assert!(chain.contains(expected), "{chain}");
        }
        assert!(Presets::built_in().unwrap().get("fast").unwrap_err().to_string().contains("standard, swift, small"));
    }
}
