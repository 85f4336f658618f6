//! Any bytes as a tape.

#![no_main]

use libfuzzer_sys::fuzz_target;
use telecine::tape::Tape;
use telecine_fuzz::{LIMITS, listen};

fuzz_target!(|bytes: &[u8]| {
    let Ok(tape) = Tape::open(bytes.to_vec(), &LIMITS) else { return };
    let mut reel = tape.reel();
    for index in 0..tape.frame_count() {
        let _ = reel.picture_bytes(index);
    }
    let _ = tape.repeats();
    listen(&tape);
});
