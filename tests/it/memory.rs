//! Memory does not grow with the length of a tape.

use crate::support::command::Workshop;
use crate::support::picture::Picture;
use crate::support::tape::TapeBuilder;
use crate::support::wav::Wav;

const MIB: u64 = 1 << 20;

/// The peak memory of converting this number of frames of 320×240, on two threads as on any small machine.
fn peak(frames: usize) -> u64 {
    // Pictures repeat every sixty frames, so that making them takes less time than converting them.
    let files: Vec<_> = (0..60).map(|index| Picture::numbered(320, 240, index).png()).collect();
    let sound = Wav::tone(48_000, frames as f64 / 60.0, 440.0);
    let tape = TapeBuilder::of_files((0..frames).map(|index| files[index % 60].clone()), 1000.0 / 60.0).sound(&sound);
    let workshop = Workshop::with(&tape);
    workshop.run("convert tape.zip --jobs 2").succeeds().peak
}

#[test]
fn a_tape_six_times_as_long_takes_no_more_memory() {
    let (short, long) = (peak(300), peak(1800));
    println!("{} MiB for 300 frames, {} MiB for 1800", short / MIB, long / MIB);
    assert!(long < 600 * MIB, "{} MiB", long / MIB);
    assert!(long * 4 < short * 5, "{} MiB for 300 frames, {} MiB for 1800", short / MIB, long / MIB);
}
