//! Distinguishes encoders that would make different videos of the same tape.

use std::fmt::Write as _;
use std::io::{self, Seek};

use rayon::ThreadPoolBuilder;
use sha2::{Digest, Sha256};

use crate::error::{FileError, Result};
use crate::tape::{Limits, Source, Tape};

use super::monitor::Monitor;
use super::preset::Preset;
use super::schedule::Options;
use super::transcode::transcode;

/// A tape of a few frames.
const TAPE: &[u8] = include_bytes!("../../fixtures/tapes/minimal.zip");

/// The fingerprint of a preset and this program's encoders: the preset with its version, and a part of the hash of a
/// small video, which also contains libx264's version. `standard@4+5f3a09c1`.
///
/// Two programs with the same fingerprint make the same videos, as far as a preset's version and a sample can tell.
/// Takes a tenth of a second.
///
/// # Errors
/// Errors of [`transcode`], if this build's libraries do not support the preset.
///
/// # Panics
/// If the system has no more threads.
pub fn fingerprint(preset: &Preset) -> Result<String> {
    let tape = Tape::open(Source::Memory(TAPE.into()), &Limits::default())?;
    let pool = ThreadPoolBuilder::new().num_threads(1).build().expect("the system has threads left");
    let mut file = tempfile::tempfile().map_err(|source| FileError::Scratch { source })?;
    transcode(&tape, preset, Options::default(), &pool, &Monitor::nobody(), &mut file)?;
    let mut hash = Sha256::new();
    // Users may change their own presets without raising the version.
    hash.update(serde_json::to_vec(preset).expect("a preset can be written as JSON"));
    file.rewind().and_then(|()| io::copy(&mut file, &mut hash)).map_err(|source| FileError::Scratch { source })?;
    let digest = hash.finalize();
    let mut fingerprint = format!("{}+", preset.versioned_name());
    for byte in &digest[..4] {
        // Writing to a string does not fail.
        let _ = write!(fingerprint, "{byte:02x}");
    }
    Ok(fingerprint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::Presets;

    #[test]
    fn a_fingerprint_is_the_same_each_time_and_another_for_each_preset() {
        let presets = Presets::built_in().unwrap();
        let mut seen = Vec::new();
        for preset in &presets {
            let first = fingerprint(preset).unwrap();
            assert_eq!(fingerprint(preset).unwrap(), first);
            assert!(first.starts_with(&format!("{}+", preset.versioned_name())), "{first}");
            let changed = Preset { audio_kbps: preset.audio_kbps + 1, ..preset.clone() };
            assert_ne!(fingerprint(&changed).unwrap(), first);
            seen.push(first);
        }
        assert!(!seen.is_empty());
    }
}
