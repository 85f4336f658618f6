//! Any bytes as the `soundtrack.wav` of a tape of one frame.

#![no_main]

use libfuzzer_sys::fuzz_target;
use telecine_fuzz::{PIXEL, listen, tape};

fuzz_target!(|wav: &[u8]| {
    let entries = [("frame-0.png".into(), PIXEL), ("soundtrack.wav".into(), wav)];
    if let Ok(tape) = tape(entries) {
        listen(&tape);
    }
});
