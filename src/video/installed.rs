//! The installed libav, and the encoders it lacks.

use ffmpeg_next as ffmpeg;

/// The installed libav.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The version of its codecs: `59.37.100`.
    pub version: String,
    /// The required encoders that it lacks.
    pub missing: Vec<&'static str>,
}

/// Encoders of pictures and of sound.
const NEEDED: [&str; 2] = ["libx264", "aac"];

/// Whether libav has an encoder, by its libav name.
#[must_use]
pub fn has(encoder: &str) -> bool {
    super::prepare();
    ffmpeg::encoder::find_by_name(encoder).is_some()
}

/// Inspects libav.
#[must_use]
pub fn installed() -> Installed {
    super::prepare();
    let number = ffmpeg::codec::version();
    let version = format!("{}.{}.{}", number >> 16, number >> 8 & 0xff, number & 0xff);
    let missing = NEEDED.into_iter().filter(|name| !has(name)).collect();
    Installed { version, missing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_what_the_other_tests_use() {
        let Installed { version, missing } = installed();
        assert!(version.split('.').count() == 3 && missing.is_empty(), "{version} {missing:?}");
    }
}
