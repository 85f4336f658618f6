//! Bodies and queries of requests to the service: the first line is a query, the rest a body.

#![no_main]

use libfuzzer_sys::fuzz_target;
use telecine::serve::requests::{Wanted, check_code, parse_bake, parse_hint};

fuzz_target!(|bytes: &[u8]| {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (query, body) = bytes.split_at(end);
    let wanted = Wanted::parse(&String::from_utf8_lossy(query));
    let _ = (wanted.filter(), wanted.limit());
    assert_eq!(Wanted::parse(&wanted.after(&wanted.after)).filter(), wanted.filter());
    let _ = parse_hint(body);
    if let Ok(request) = parse_bake(body) {
        let is_code = check_code(&request.bake).is_ok();
        assert!(!is_code || !request.bake.code.contains(['/', '.', '%', '\0']));
    }
});
