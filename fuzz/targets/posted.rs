//! Any bytes as a posted video: refused, taken as they are, or rewritten to what is then taken as it is.

#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use telecine::video::posted::{Accepted, accept};

fuzz_target!(|bytes: &[u8]| {
    let mut rewritten = Cursor::new(Vec::new());
    if let Ok(Accepted::Rewritten) = accept(&mut Cursor::new(bytes), &mut rewritten) {
        let again = accept(&mut rewritten, &mut Cursor::new(Vec::new()));
        assert_eq!(again.ok(), Some(Accepted::AsItIs));
    }
});
