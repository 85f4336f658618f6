//! What the targets share: small limits, and tapes built around the fuzzer's bytes.
//!
//! A ZIP has checksums, and a fuzzer does not guess them; so inputs for the parts behind the archive are packed here.

use std::io::{Cursor, Write};
use std::time::Duration;

use telecine::tape::{Limits, Tape};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A picture of one pixel, for tapes that are about something else.
pub const PIXEL: &[u8] = include_bytes!("../pixel.png");

/// Small enough that thousands of tapes a second stay within them.
pub const LIMITS: Limits = Limits { frames: 64, pixels: 128 * 128, bytes: 1 << 20, duration: Duration::from_secs(600) };

/// A tape of these entries, stored.
pub fn tape<'a>(entries: impl IntoIterator<Item = (String, &'a [u8])>) -> telecine::Result<Tape> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file(name, options).expect("names are ours");
        zip.write_all(bytes).expect("memory takes what is written");
    }
    Tape::open(zip.finish().expect("memory takes what is written").into_inner(), &LIMITS)
}

/// Plays the sound to its end.
pub fn listen(tape: &Tape) {
    let mut heard = 0;
    let played = tape.reel().play_sound(|samples| {
        assert!(samples.iter().all(|sample| sample.abs() <= 1.0));
        heard += samples.len() as u64;
        Ok(true)
    });
    if let (Ok(()), Some(sound)) = (&played, tape.soundtrack()) {
        assert_eq!(heard, sound.frames * u64::from(sound.channels));
    }
    // Sound that is damaged is none from then on.
    assert!(played.is_ok() || tape.soundtrack().is_none());
}
