//! The time at which an item was made, from any form of `when`.
//!
//! It is a date, a string, a number of milliseconds, or missing; then the id gives the time. Numbers in other units are
//! recognised by their size: no item is from before 1973 or after 5138.

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil, fmt};
use mongodb::bson::Bson;

use super::text::plain;
use crate::record::Id;

/// The most characters of a value that a warning quotes.
const LONGEST: usize = 40;

/// 1973 in milliseconds, 5138 in seconds.
const FIRST_MILLISECOND: f64 = 1e11;

/// The units of numbers, the smallest number of each, and the factor to milliseconds.
const UNITS: [(f64, &str, f64); 4] = [
    (1e8, "seconds", 1e3),
    (FIRST_MILLISECOND, "milliseconds", 1.0),
    (1e3 * FIRST_MILLISECOND, "microseconds", 1e-3),
    (1e6 * FIRST_MILLISECOND, "nanoseconds", 1e-6),
];

/// A time, and a warning about its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970.
    pub milliseconds: i64,
    /// The warning and the interpretation: `when is in seconds`, `1697586197 is read as 2023-10-17T23:43:17Z`.
    pub doubt: Option<(&'static str, String)>,
}

/// A time from a number or a date, and a warning if the unit is wrong.
type Told = (i64, Option<&'static str>);

impl Moment {
    /// The time from a document's `when`, or otherwise from its id.
    pub fn of(value: Option<&Bson>, id: Id) -> Moment {
        let made = i64::from(u32::from_be_bytes([id.0[0], id.0[1], id.0[2], id.0[3]])) * 1000;
        let (value, told) = match value {
            None | Some(Bson::Null | Bson::Undefined) => return Moment { milliseconds: made, doubt: None },
            Some(value) => (value, read(value)),
        };
        let told = told.filter(|(milliseconds, _)| is_in_calendar(*milliseconds));
        let (milliseconds, reason) = match told {
            Some((milliseconds, None)) => return Moment { milliseconds, doubt: None },
            Some((milliseconds, Some(reason))) => (milliseconds, reason),
            None => (made, "when cannot be read"),
        };
        let by_id = if told.is_none() { ", from its id" } else { "" };
        let time = Timestamp::from_millisecond(milliseconds).unwrap_or_default();
        let doubt = format!("{} is read as {time}{by_id}", shown(value));
        Moment { milliseconds, doubt: Some((reason, doubt)) }
    }
}

/// Whether a record can have this time: the year must have four digits.
fn is_in_calendar(milliseconds: i64) -> bool {
    Timestamp::from_millisecond(milliseconds)
        .is_ok_and(|time| (0..=9999).contains(&time.to_zoned(TimeZone::UTC).year()))
}

fn read(value: &Bson) -> Option<Told> {
    match value {
        Bson::DateTime(date) => Some((date.timestamp_millis(), None)),
        Bson::Timestamp(timestamp) => Some((i64::from(timestamp.time) * 1000, None)),
        Bson::Int32(number) => number_told(f64::from(*number)),
        Bson::Int64(number) => number_told(*number as f64),
        Bson::Double(number) => number_told(*number),
        Bson::Decimal128(number) => number_told(number.to_string().parse().ok()?),
        Bson::String(text) => {
            let text = text.trim();
            text.parse().map_or_else(|_| Some((text_told(text)?, None)), number_told)
        }
        _ => None,
    }
}

fn number_told(number: f64) -> Option<Told> {
    let (_, unit, milliseconds) = UNITS.iter().rev().find(|(first, ..)| number >= *first)?;
    let reason = match *unit {
        "milliseconds" => None,
        "seconds" => Some("when is in seconds"),
        "microseconds" => Some("when is in microseconds"),
        _ => Some("when is in nanoseconds"),
    };
    // Infinity saturates to the largest number, which is in no calendar.
    Some(((number * milliseconds) as i64, reason))
}

/// A date as text, in UTC by default: in ISO 8601, in the format of email, or as JavaScript prints it.
fn text_told(text: &str) -> Option<i64> {
    let iso = || text.parse::<Timestamp>().ok();
    let civil = || Some(text.parse::<civil::DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    let mail = || Some(fmt::rfc2822::parse(text).ok()?.timestamp());
    let printed = || {
        // Without the name of the zone, which follows in brackets.
        let text = text.split(" (").next().unwrap_or_default();
        Some(fmt::strtime::parse("%a %b %d %Y %H:%M:%S GMT%z", text).ok()?.to_zoned().ok()?.timestamp())
    };
    Some(iso().or_else(civil).or_else(mail).or_else(printed)?.as_millisecond())
}

fn shown(value: &Bson) -> String {
    let text = format!("{:?}", plain(value));
    let text = if matches!(value, Bson::String(_)) { text } else { text.trim_matches('"').to_owned() };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{DateTime, Timestamp as BsonTimestamp, doc};

    use super::*;

    /// 2023-08-24T16:21:09.123Z
    const TOLD: i64 = 1_692_894_069_123;

    /// What the id tells: 2023-08-24T16:19:17Z.
    const MADE: i64 = 1_692_893_957_000;

    fn moment(value: impl Into<Bson>) -> Moment {
        let id = "64e783050000000000000001".parse().unwrap();
        Moment::of(Some(&value.into()), id)
    }

    #[test]
    fn time_is_understood_in_every_form() {
        for form in [
            Bson::DateTime(DateTime::from_millis(TOLD)),
            "2023-08-24T16:21:09.123Z".into(),
            " 2023-08-24T18:21:09.123+02:00".into(),
            "2023-08-24T16:21:09.123".into(),
            "1692894069123".into(),
            Bson::Int64(TOLD),
            Bson::Double(TOLD as f64),
            Bson::Decimal128("1692894069123".parse().unwrap()),
        ] {
            assert_eq!(moment(form.clone()), Moment { milliseconds: TOLD, doubt: None }, "{form}");
        }
        for form in [
            "Thu, 24 Aug 2023 16:21:09 GMT".into(),
            "Thu Aug 24 2023 18:21:09 GMT+0200 (Central European Summer Time)".into(),
            Bson::Timestamp(BsonTimestamp { time: (TOLD / 1000) as u32, increment: 7 }),
        ] {
            assert_eq!(moment(form.clone()), Moment { milliseconds: TOLD / 1000 * 1000, doubt: None }, "{form}");
        }
        let day = moment("2023-08-24");
        assert_eq!(day, Moment { milliseconds: 1_692_835_200_000, doubt: None });
        assert_eq!(moment(Bson::Null), Moment { milliseconds: MADE, doubt: None });
    }

    #[test]
    fn other_units_are_told_by_size_and_mentioned() {
        let seconds = TOLD / 1000;
        for (form, reason) in [
            (Bson::Int32(seconds as i32), "when is in seconds"),
            (Bson::Int64(seconds), "when is in seconds"),
            (Bson::Double(TOLD as f64 / 1000.0), "when is in seconds"),
            (seconds.to_string().into(), "when is in seconds"),
            (Bson::Int64(TOLD * 1000), "when is in microseconds"),
            (Bson::Int64(TOLD * 1_000_000), "when is in nanoseconds"),
        ] {
            let Moment { milliseconds, doubt } = moment(form.clone());
            assert_eq!((milliseconds / 1000, doubt.clone().unwrap().0), (seconds, reason), "{form}");
            assert!(doubt.unwrap().1.contains(" is read as 2023-08-24T16:21:09"), "{form}");
        }
        let doubt = moment(seconds).doubt.unwrap().1;
        assert_eq!(doubt, "1692894069 is read as 2023-08-24T16:21:09Z");
    }

    #[test]
    fn what_cannot_be_read_leaves_it_to_the_id_and_is_mentioned() {
        let array = Bson::Array(vec![Bson::Int32(1); 100]);
        for form in [
            "yesterday".into(),
            "".into(),
            "-1692894069123".into(),
            "\u{1b}[31m".into(),
            1.into(),
            Bson::Int64(i64::MIN),
            Bson::Double(1e300),
            Bson::Double(f64::NAN),
            Bson::Double(f64::INFINITY),
            Bson::DateTime(DateTime::MAX),
            Bson::DateTime(DateTime::MIN),
            Bson::Boolean(true),
            doc! { "$date": 1 }.into(),
            array,
        ] {
            let Moment { milliseconds, doubt } = moment(form.clone());
            let (reason, doubt) = doubt.unwrap_or_else(|| panic!("{form}"));
            assert_eq!((milliseconds, reason), (MADE, "when cannot be read"), "{form}");
            assert!(doubt.ends_with(" is read as 2023-08-24T16:19:17Z, from its id"), "{doubt}");
            assert!(doubt.len() < 120 && !doubt.contains('\u{1b}'), "{doubt}");
        }
    }
}
