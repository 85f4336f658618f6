//! The same tape gives the same bytes, whatever the machine is doing.

use crate::support::command::Workshop;
use crate::support::tape::TapeBuilder;
use crate::support::wav::Wav;

#[test]
fn the_number_of_threads_does_not_show_in_the_bytes() {
    // More than three chunks, the last shorter than the others.
    let workshop = Workshop::with(&TapeBuilder::numbered(48, 36, 260).sound(&Wav::tone(44_100, 4.3, 440.0)));
    for preset in ["standard", "swift", "crisp", "archive"] {
        let convert = |jobs: u32, tapes: &str| {
            workshop
                .run(&format!("convert {tapes} --force --preset {preset} --jobs {jobs} --out-dir {jobs}"))
                .succeeds();
            workshop.get(&format!("{jobs}/tape.mp4"))
        };
        workshop.put("other.zip", TapeBuilder::numbered(48, 36, 200).zip());
        let one = convert(1, "tape.zip");
        assert!(convert(2, "tape.zip") == one, "{preset} on two threads");
        assert!(convert(16, "other.zip tape.zip") == one, "{preset} on sixteen, beside another tape");
    }
}
