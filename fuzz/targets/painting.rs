//! Any bytes as the file of a painting.

#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use telecine::thumbnail::{MAX_PAINTING_BYTES, memory, painting};

/// More would be too slow for a fuzzer.
const MOST: u64 = 4 << 20;

fuzz_target!(|bytes: &[u8]| {
    if memory(Cursor::new(bytes)).is_ok_and(|memory| memory <= MOST)
        && let Ok(thumbnail) = painting(Cursor::new(bytes))
    {
        assert!(thumbnail.bytes.len() <= MAX_PAINTING_BYTES);
    }
});
