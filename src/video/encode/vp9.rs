//! VP9 by libvpx.

use super::super::quality::Quality;
use super::setup::Setup;

/// The options for libvpx.
pub fn setup(quality: Quality) -> Setup {
    // Without a bit rate of 0, crf would be a bound, not the quality.
    let mut options = vec![("b", "0".into())];
    match quality {
        Quality::Crf(crf) | Quality::Adaptive(crf) => options.push(("crf", crf.round().to_string())),
        Quality::Qp(qp) => options.push(("crf", qp.to_string())),
        Quality::Floor(floor) => options.push(("crf", floor.coarsest.round().to_string())),
        Quality::Lossless => options.push(("lossless", "1".into())),
    }
    Setup { options }
}
