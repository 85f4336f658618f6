//! Any bytes as the `timing.json` of a tape of three frames.

#![no_main]

use libfuzzer_sys::fuzz_target;
use telecine::tape::Timeline;
use telecine_fuzz::{LIMITS, PIXEL, tape};

fuzz_target!(|json: &[u8]| {
    let frames = (0..3).map(|index| (format!("frame-{index}.png"), PIXEL));
    let Ok(tape) = tape(frames.chain([("timing.json".into(), json)])) else { return };
    assert_eq!(tape.timeline.len(), 3);
    assert!(tape.timeline.duration() <= LIMITS.duration);
    check(&tape.timeline);
    check(&tape.timeline.merge(|frame| frame == 1));
    check(&tape.timeline.snap(60));
    check(&tape.timeline.at_constant_rate(30));
});

/// Time starts at zero, runs forwards without holes, and stops at the end.
fn check(timeline: &Timeline) {
    let mut now = 0;
    for shown in timeline.shown() {
        assert_eq!(shown.start, now);
        assert!(shown.duration >= 1);
        now += shown.duration;
    }
    assert_eq!(now, timeline.end());
}
