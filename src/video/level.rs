//! Checks the declared level of an H.264 stream against its bit rate.
//!
//! libx264 derives the level from the size, the rate and the references. It considers the bit rate only if a limit is
//! set, which would change the pictures; so the level is adjusted once the bit rate is known.

use std::collections::VecDeque;

use crate::tape::TICKS_PER_SECOND;

use super::boxes;

/// Levels, times ten, and the bits per second that each allows, in units that depend on the profile: table A-1 of
/// H.264.
const LEVELS: [(u8, u64); 19] = [
    (10, 64),
    (11, 192),
    (12, 384),
    (13, 768),
    (20, 2_000),
    (21, 4_000),
    (22, 4_000),
    (30, 10_000),
    (31, 14_000),
    (32, 20_000),
    (40, 20_000),
    (41, 50_000),
    (42, 50_000),
    (50, 135_000),
    (51, 240_000),
    (52, 240_000),
    (60, 240_000),
    (61, 480_000),
    (62, 800_000),
];

/// The offsets of profile and level in the decoder configuration (`avcC`), and in the parameter sets in it.
const PROFILE: usize = 1;
const LEVEL: usize = 3;
const LEVEL_OF_SETTINGS: usize = 8 + LEVEL;

/// Bytes of a video sample entry before the boxes in it.
const ENTRY: usize = 78;

/// Measures the highest bit rate in any second of a stream.
#[derive(Default)]
pub struct BitRate {
    second: VecDeque<(i64, u64)>,
    bits: u64,
    most: u64,
}

impl BitRate {
    /// Counts a packet that is decoded at this time, in ticks; times never go back.
    pub fn add(&mut self, time: i64, bytes: usize) {
        let bits = 8 * bytes as u64;
        self.second.push_back((time, bits));
        self.bits += bits;
        while let Some(&(first, bits)) = self.second.front()
            && first + TICKS_PER_SECOND <= time
        {
            self.bits -= bits;
            self.second.pop_front();
        }
        self.most = self.most.max(self.bits);
    }
}

/// Raises the level in an index (`moov` without its header) if the stream exceeds the bit rate of the declared one.
/// `None` for malformed boxes.
pub fn cover(index: &mut [u8], rate: &BitRate) -> Option<()> {
    boxes::walk(index, &mut |name, body| {
        if &name != b"stsd" {
            return Some(());
        }
        boxes::walk(body.get_mut(8..)?, &mut |name, entry| {
            if &name != b"avc1" {
                return Some(());
            }
            boxes::walk(entry.get_mut(ENTRY..)?, &mut |name, configuration| {
                if &name == b"avcC" { raise(configuration, rate.most) } else { Some(()) }
            })
        })
    })
}

fn raise(configuration: &mut [u8], bits: u64) -> Option<()> {
    let (profile, level) = (*configuration.get(PROFILE)?, *configuration.get(LEVEL)?);
    let level = level_for(profile, level, bits);
    *configuration.get_mut(LEVEL)? = level;
    *configuration.get_mut(LEVEL_OF_SETTINGS)? = level;
    Some(())
}

/// The lowest level from `level` on that allows this bit rate; the highest if none does.
fn level_for(profile: u8, level: u8, bits: u64) -> u8 {
    // The unit of the table by profile: High, High 10, the two for 4:2:2 and 4:4:4, all others.
    let unit = match profile {
        100 => 1250,
        110 => 3000,
        122 | 244 => 4000,
        _ => 1000,
    };
    let enough = LEVELS.into_iter().find(|&(at, allowed)| at >= level && bits <= allowed * unit);
    enough.map_or(LEVELS[LEVELS.len() - 1].0, |(level, _)| level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holds_what_is_decoded_within_it() {
        let mut rate = BitRate::default();
        for (time, bytes) in [(-9_000, 1000), (0, 100), (45_000, 100), (81_000, 5), (90_000, 100), (400_000, 1100)] {
            rate.add(time, bytes);
        }
        assert_eq!(rate.most, 8 * 1200);
    }

    #[test]
    fn the_level_rises_with_the_bits_and_never_falls() {
        let high = |level, bits| level_for(100, level, bits);
        assert_eq!([high(11, 0), high(11, 240_000), high(11, 240_001)], [11, 11, 12]);
        assert_eq!([high(42, 1_000_000), high(13, 60_000_000), high(42, 62_500_001)], [42, 41, 50]);
        assert_eq!([level_for(77, 42, 62_500_000), level_for(244, 42, 200_000_000)], [50, 42]);
        assert_eq!(high(10, u64::MAX), 62);
    }
}
