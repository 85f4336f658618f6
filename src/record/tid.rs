//! Keys of records, derived from their items, so that a repeated run writes to the same place.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::item::Id;

/// The digits of a TID, whose order is that of their values.
const DIGITS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";

/// The number of digits in a TID: 13 × 5 bits, the topmost one never set.
const LENGTH: usize = 13;

/// Bits of the number that distinguishes keys of the same microsecond.
const CLOCK_BITS: u32 = 10;

/// The last whole millisecond before the 53 bits of microseconds end, in the year 2255.
const LAST_MILLISECOND: i64 = ((1 << 53) - 1) / 1000 - 1;

/// The key of a record: a time in microseconds since 1970, and ten bits that distinguish equal times.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tid(u64);

impl Tid {
    /// Its time in milliseconds since 1970.
    #[must_use]
    pub fn milliseconds(self) -> i64 {
        ((self.0 >> CLOCK_BITS) / 1000) as i64
    }
}

impl fmt::Display for Tid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |index: usize| DIGITS[(self.0 >> (5 * (LENGTH - 1 - index)) & 31) as usize];
        (0..LENGTH).try_for_each(|index| fmt::Write::write_char(formatter, digit(index).into()))
    }
}

impl fmt::Debug for Tid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Tid {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text:?} is not a TID of 13 digits 2 to 7 and a to z, the first at most j");
        let digits = text.bytes().map(|byte| DIGITS.iter().position(|&digit| digit == byte));
        let digits: Vec<_> = digits.collect::<Option<_>>().ok_or_else(wrong)?;
        if digits.len() != LENGTH || digits[0] > 15 {
            return Err(wrong());
        }
        Ok(Tid(digits.into_iter().fold(0, |number, digit| number << 5 | digit as u64)))
    }
}

/// The possible keys of an item, in order of preference; `when` is in milliseconds since 1970. Never ends.
///
/// All lie in the millisecond of `when`; the lower bits come from a hash of the item's id and the number of the
/// attempt. A millisecond has 1,024,000 keys, so two items rarely get the same.
pub fn candidates(id: Id, when: i64) -> impl Iterator<Item = Tid> {
    let milliseconds = when.clamp(0, LAST_MILLISECOND) as u64;
    (0_u64..).map(move |probe| {
        let hash = Sha256::new().chain_update(id.0).chain_update(probe.to_be_bytes()).finalize();
        let draw = |at: usize| u64::from(u16::from_be_bytes([hash[at], hash[at + 1]]));
        let microseconds = milliseconds * 1000 + draw(0) % 1000;
        Tid((microseconds << CLOCK_BITS) | (draw(2) % (1 << CLOCK_BITS)))
    })
}

/// Assigns a unique key to each of these items, given with its time in milliseconds since 1970. The items are those of
/// one account and one medium; their order makes no difference.
///
/// # Panics
/// Never.
#[must_use]
pub fn assign(items: impl IntoIterator<Item = (Id, i64)>) -> HashMap<Id, Tid> {
    // Keys of different milliseconds are different, so the order matters only within a millisecond.
    let mut items: Vec<_> = items.into_iter().map(|(id, when)| (id, when.clamp(0, LAST_MILLISECOND))).collect();
    items.sort_unstable();
    items.dedup();
    let mut taken = HashSet::with_capacity(items.len());
    let free = |(id, when)| {
        let key = candidates(id, when).find(|key| taken.insert(*key)).expect("candidates never end");
        (id, key)
    };
    items.into_iter().map(free).collect()
}
