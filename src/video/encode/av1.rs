//! AV1 by libaom.
//!
//! Chunks are joined by concatenating their packets, which is valid if all start with the same sequence header: that of
//! the MP4's `av1C`. A packet is a temporal unit: a shown frame with everything it needs. The header also stays in
//! front of every key frame, as the format requires for random access.

use ffmpeg_next as ffmpeg;

use ffmpeg::{Packet, codec};

use crate::error::{Error, Result, VideoError};

use super::super::quality::Quality;
use super::headers::{drop_side_data, set_extradata};
use super::setup::Setup;

/// OBU type of a sequence header.
const SEQUENCE_HEADER: u8 = 1;

/// The options for libaom.
pub fn setup(quality: Quality) -> Setup {
    // Without a bit rate of 0, crf would be a bound, not the quality.
    let mut options = vec![("b", "0".into())];
    match quality {
        Quality::Crf(crf) | Quality::Adaptive(crf) => options.push(("crf", crf.round().to_string())),
        Quality::Qp(qp) => options.push(("crf", qp.to_string())),
        Quality::Floor(floor) => options.push(("crf", floor.coarsest.round().to_string())),
        Quality::Lossless => options.extend(["crf", "qmin", "qmax"].map(|option| (option, "0".into()))),
    }
    Setup { options }
}

/// Puts the sequence header at the start of a chunk into its parameters; libav has it only after encoding.
///
/// # Errors
/// [`VideoError::Verify`] if a key frame does not start with that header, or another frame has one.
pub fn finish(packets: &mut [Packet], parameters: &mut codec::Parameters) -> Result<()> {
    let first = packets.first().and_then(Packet::data).unwrap_or_default();
    let header = sequence_headers(first).first().copied().unwrap_or_default();
    let is_sound = |packet: &Packet| {
        let expected: &[&[u8]] = if packet.is_key() { &[header] } else { &[] };
        sequence_headers(packet.data().unwrap_or_default()) == expected
    };
    if header.is_empty() || !packets.iter().all(is_sound) {
        return Err(Error::Video(VideoError::Verify {
            what: "has a chunk that does not start with the common sequence header".into(),
        }));
    }
    set_extradata(parameters, header)?;
    packets.iter_mut().for_each(drop_side_data);
    Ok(())
}

/// The sequence headers among OBUs, all of which have a size field.
fn sequence_headers(mut obus: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while let Some((kind, unit, rest)) = first_obu(obus) {
        if kind == SEQUENCE_HEADER {
            found.push(unit);
        }
        obus = rest;
    }
    found
}

/// The type of the first OBU, its bytes, and the rest.
fn first_obu(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&header, mut rest) = bytes.split_first()?;
    let (has_extension, has_size) = (header & 0b100 != 0, header & 0b10 != 0);
    if !has_size {
        return None;
    }
    if has_extension {
        rest = rest.get(1..)?;
    }
    let mut size = 0_usize;
    // Seven bits per byte, the lowest first.
    for shift in (0..56).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        size |= usize::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            let length = bytes.len() - rest.len();
            let (unit, rest) = bytes.split_at_checked(length.checked_add(size)?)?;
            return Some((header >> 3 & 0xF, unit, rest));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_headers_are_found_among_other_units() {
        let long = [&[0x0A, 0x82, 0x01][..], &[7; 130]].concat();
        let all = [&[0x12, 0][..], &[0x0A, 2, 8, 9], &[0x32, 1, 5], &[0x0E, 0xAA, 1, 3], &long].concat();
        assert_eq!(sequence_headers(&all), [&[0x0A, 2, 8, 9][..], &[0x0E, 0xAA, 1, 3], &long]);
    }

    #[test]
    fn what_is_cut_short_is_not_a_unit() {
        for bytes in [&[][..], &[0x0A], &[0x0A, 2, 8], &[0x08, 1, 1], &[0x0A, 0x80, 0x80]] {
            assert_eq!(sequence_headers(bytes), [[0_u8; 0]; 0], "{bytes:?}");
        }
    }
}
