//! H.264 by libx264.

use ffmpeg_next as ffmpeg;

use ffmpeg::Packet;

use super::super::quality::Quality;
use super::setup::Setup;

/// NAL unit type of supplemental information.
const SEI: u8 = 6;

/// The options for libx264.
pub fn setup(quality: Quality) -> Setup {
    let option = match quality {
        Quality::Crf(crf) => ("crf", crf.to_string()),
        Quality::Qp(qp) => ("qp", qp.to_string()),
        Quality::Adaptive(middle) => ("qp", middle.round().to_string()),
        Quality::Floor(floor) => ("qp", floor.coarsest.round().to_string()),
        Quality::Lossless => ("qp", "0".into()),
    };
    Setup { options: vec![option] }
}

/// Removes redundant data from the packets of a chunk that is not the first.
pub fn finish(packets: &mut [Packet], is_first: bool) {
    if let Some(first) = packets.first_mut().filter(|_| !is_first) {
        *first = without_sei(first);
    }
}

/// libx264 repeats 700 bytes about its settings at the start of every chunk; once per video is enough.
fn without_sei(packet: &Packet) -> Packet {
    let data = packet.data().unwrap_or_default();
    let kept = skip_sei(data);
    if kept.len() == data.len() {
        return packet.clone();
    }
    let mut short = Packet::copy(kept);
    short.set_pts(packet.pts());
    short.set_dts(packet.dts());
    short.set_duration(packet.duration());
    short.set_flags(packet.flags());
    short
}

/// The rest of an Annex B byte stream after a leading SEI unit.
fn skip_sei(data: &[u8]) -> &[u8] {
    const START: &[u8] = &[0, 0, 1];
    // A start code may have a leading zero.
    let short = if data.starts_with(START) { data } else { data.get(1..).unwrap_or_default() };
    let Some(unit) = short.strip_prefix(START) else { return data };
    if unit.first().map(|header| header & 0x1F) != Some(SEI) {
        return data;
    }
    unit.windows(START.len()).position(|window| window == START).map_or(data, |at| &unit[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_supplemental_information_is_skipped_and_nothing_else() {
        let sei: &[u8] = &[0, 0, 0, 1, 0x06, 5, 9, 9, 0x80, 0, 0, 1, 0x65, 1, 2];
        assert_eq!(skip_sei(sei), [0, 0, 1, 0x65, 1, 2]);
        assert_eq!(skip_sei(&sei[1..]), [0, 0, 1, 0x65, 1, 2]);
        for other in [&[0, 0, 0, 1, 0x65, 1][..], &[], &[1, 2, 3], &[0, 0, 1]] {
            assert_eq!(skip_sei(other), other);
        }
    }
}
