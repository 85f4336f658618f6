//! AV1 by libaom.
//!
//! Chunks are joined by putting their packets behind one another, which is sound if all begin with the same sequence
//! header: that of the MP4's `av1C`. A packet is a temporal unit, so a frame that is shown with all that it needs.

use ffmpeg_next as ffmpeg;

use ffmpeg::{Packet, codec};

use crate::error::{Error, Result};

use super::super::preset::Quality;
use super::Setup;

/// OBU type of a sequence header.
const SEQUENCE_HEADER: u8 = 1;

/// What libaom is told.
pub fn setup(quality: Quality) -> Setup {
    // Without a bit rate of 0, crf is a bound and not the quality.
    let mut options = vec![("b", "0".into())];
    match quality {
        Quality::Crf(crf) | Quality::Adaptive(crf) => options.push(("crf", crf.round().to_string())),
        Quality::Qp(qp) => options.push(("crf", qp.to_string())),
        Quality::Floor(floor) => options.push(("crf", floor.coarsest.round().to_string())),
        Quality::Lossless => options.extend(["crf", "qmin", "qmax"].map(|option| (option, "0".into()))),
    }
    Setup { options }
}

/// Checks that a chunk begins with the sequence header that its parameters have, and has no other.
///
/// # Errors
/// [`Error::Verify`] if not.
pub fn check(packets: &[Packet], parameters: &codec::Parameters) -> Result<()> {
    let announced = sequence_headers(super::extradata(parameters));
    let found: Vec<_> = packets.iter().flat_map(|packet| sequence_headers(packet.data().unwrap_or_default())).collect();
    let is_key = packets.first().is_some_and(Packet::is_key);
    if is_key && announced.len() == 1 && found == announced {
        return Ok(());
    }
    Err(Error::Verify { what: "has a chunk that does not begin with the sequence header of all".into() })
}

/// The sequence headers among OBUs that all say how long they are.
fn sequence_headers(mut obus: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while let Some((kind, body, rest)) = first_obu(obus) {
        if kind == SEQUENCE_HEADER {
            found.push(body);
        }
        obus = rest;
    }
    found
}

/// The type of the first OBU, what it holds, and what follows it.
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
    // Seven bits a byte, the lowest first.
    for shift in (0..56).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        size |= usize::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            let (body, rest) = rest.split_at_checked(size)?;
            return Some((header >> 3 & 0xF, body, rest));
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
        assert_eq!(sequence_headers(&all), [&[8, 9][..], &[3], &[7; 130]]);
    }

    #[test]
    fn what_is_cut_short_is_not_a_unit() {
        for bytes in [&[][..], &[0x0A], &[0x0A, 2, 8], &[0x08, 1, 1], &[0x0A, 0x80, 0x80]] {
            assert_eq!(sequence_headers(bytes), [[0_u8; 0]; 0], "{bytes:?}");
        }
    }
}
