//! `timing.json`: the recorder's data on each frame.
//!
//! Recorders wrote an array of rows, or an object with the array under `frames`; rows with or without `filename`;
//! numbers that are missing, `null`, strings or nonsense. This module accepts all of it; [`super::clock`] judges it.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{Bound, Error, Result, TapeError};

use super::lenient;

/// One row of `timing.json`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FrameTiming {
    /// The frame's entry, if the row names it.
    pub filename: Option<String>,
    /// The frame's number, if the row has it.
    pub number: Option<u64>,
    /// When the frame was drawn, in ms since any epoch. Finite.
    pub timestamp: Option<f64>,
    /// The frame's duration in ms, according to the recorder. Finite.
    pub duration: Option<f64>,
}

/// Reads `timing.json` in any known form. Unused values are skipped without being stored, because a file within its
/// limit can contain millions of them.
///
/// # Errors
/// [`TapeError::Timing`] if it is not JSON, [`TapeError::TimingShape`] for JSON without an array of rows,
/// [`Error::Limit`] for more than `most` rows.
pub fn parse(json: &[u8], most: usize) -> Result<Vec<FrameTiming>> {
    let damaged = |error: serde_json::Error| Error::Tape(TapeError::Timing { source: error.into() });
    let json = lenient::plain(json);
    let repaired;
    let document: &RawValue = match serde_json::from_slice(&json) {
        Ok(document) => document,
        Err(error) => {
            repaired = lenient::repaired(&json).ok_or_else(|| damaged(error))?;
            serde_json::from_slice(&repaired).map_err(damaged)?
        }
    };
    let list = match document.get().as_bytes().first() {
        Some(b'[') => document,
        Some(b'{') => serde_json::from_str::<Object>(document.get())
            .map_err(damaged)?
            .frames
            .filter(|frames| frames.get().starts_with('['))
            .ok_or(Error::Tape(TapeError::TimingShape { found: "an object without frames" }))?,
        Some(b'"') => return Err(Error::Tape(TapeError::TimingShape { found: "a string" })),
        _ => return Err(Error::Tape(TapeError::TimingShape { found: "a single value" })),
    };
    let (rows, count) =
        serde_json::Deserializer::from_str(list.get()).deserialize_seq(Rows { most }).map_err(damaged)?;
    if count > most {
        let (what, value) = ("timing.json lists".into(), format!("{count} frames"));
        return Err(Error::Limit { what, value, limit: most.to_string(), bound: Some(Bound::Frames) });
    }
    Ok(rows)
}

#[derive(Deserialize)]
struct Object<'json> {
    #[serde(borrow)]
    frames: Option<&'json RawValue>,
}

#[derive(Deserialize)]
struct Row<'json> {
    #[serde(borrow)]
    filename: Option<&'json RawValue>,
    frame: Option<&'json RawValue>,
    index: Option<&'json RawValue>,
    timestamp: Option<&'json RawValue>,
    duration: Option<&'json RawValue>,
}

/// Keeps the first `most` rows of an array and counts all.
struct Rows {
    most: usize,
}

impl<'json> Visitor<'json> for Rows {
    type Value = (Vec<FrameTiming>, usize);

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of frames")
    }

    fn visit_seq<A: SeqAccess<'json>>(self, mut array: A) -> std::result::Result<Self::Value, A::Error> {
        let (mut rows, mut count) = (Vec::new(), 0);
        while let Some(value) = array.next_element()? {
            count += 1;
            if count <= self.most {
                rows.push(row(value));
            }
        }
        Ok((rows, count))
    }
}

/// The useful values of a row; none if it is not an object.
fn row(value: &RawValue) -> FrameTiming {
    let row = value.get();
    let Some(row) = row.starts_with('{').then(|| serde_json::from_str::<Row>(row).ok()).flatten() else {
        return FrameTiming::default();
    };
    let text = |value: &RawValue| serde_json::from_str::<Cow<str>>(value.get()).ok();
    // A number too large for a float is ignored. Some writers quote numbers.
    let number = |value: Option<&RawValue>| {
        let value = value?;
        let number = serde_json::from_str::<f64>(value.get()).ok();
        number.or_else(|| text(value)?.trim().parse().ok()).filter(|number| number.is_finite())
    };
    // The JSON form of a JavaScript `Date`.
    let date = |value: Option<&RawValue>| {
        let date: jiff::Timestamp = text(value?)?.trim().parse().ok()?;
        Some(date.as_nanosecond() as f64 / 1e6)
    };
    let whole =
        |number: f64| (number >= 0.0 && number.fract() == 0.0 && number < 2_f64.powi(53)).then_some(number as u64);
    FrameTiming {
        filename: row.filename.and_then(text).map(Cow::into_owned),
        number: number(row.frame).or_else(|| number(row.index)).and_then(whole),
        timestamp: number(row.timestamp).or_else(|| date(row.timestamp)),
        duration: number(row.duration),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timestamps(json: &str) -> Vec<Option<f64>> {
        parse(json.as_bytes(), 9).unwrap().iter().map(|row| row.timestamp).collect()
    }

    #[test]
    fn an_array_and_an_object_with_frames_read_alike() {
        let array = r#"[{"timestamp": 1.5, "duration": 16.67}, {"timestamp": 18}]"#;
        let object = format!("{{\"totalDuration\": 3, \"frames\": {array}}}");
        assert_eq!(parse(array.as_bytes(), 9).unwrap(), parse(object.as_bytes(), 9).unwrap());
        assert_eq!(timestamps(array), [Some(1.5), Some(18.0)]);
    }

    #[test]
    fn what_is_no_number_is_no_timestamp() {
        assert_eq!(
            timestamps(r#"[{"timestamp":null},{"timestamp":"7 ms"},{"timestamp":"inf"},{},[],3,{"timestamp":1e999}]"#),
            [None; 7]
        );
    }

    #[test]
    fn numbers_may_be_texts() {
        let rows = parse(br#"[{"frame": "3", "timestamp": "1000.5", "duration": " 16 "}]"#, 9).unwrap();
        assert_eq!((rows[0].number, rows[0].timestamp, rows[0].duration), (Some(3), Some(1000.5), Some(16.0)));
    }

    #[test]
    fn timestamps_may_be_dates() {
        let dates = r#"[{"timestamp":"2025-10-17T09:05:03.012Z"},{"timestamp":"2025-10-17T11:05:03.0205+02:00"}]"#;
        let times = timestamps(dates).into_iter().map(|time| time.unwrap()).collect::<Vec<_>>();
        assert!(
            (times[0] - 1_760_691_903_012.0).abs() < 0.001 && (times[1] - times[0] - 8.5).abs() < 0.001,
            "{times:?}"
        );
    }

    #[test]
    fn a_frame_has_a_whole_number_or_none() {
        let numbers = |json: &[u8]| parse(json, 9).unwrap().iter().map(|row| row.number).collect::<Vec<_>>();
        assert_eq!(numbers(br#"[{"frame":2},{"index":3.0},{"frame":null,"index":4}]"#), [Some(2), Some(3), Some(4)]);
        assert_eq!(numbers(br#"[{"frame":-1},{"frame":0.5},{"frame":1e300},{"frame":"x"}]"#), [None; 4]);
    }

    #[test]
    fn what_cannot_be_mended_is_refused() {
        for json in ["", "[", "{}", "7", "\"frames\"", "null", r#"{"frames": 3}"#, "[,]", &"[".repeat(9999)] {
            assert!(parse(json.as_bytes(), 9).is_err(), "{json}");
        }
        assert!(parse(b"[\"\xff\"]", 9).is_err());
    }

    #[test]
    fn rows_beyond_the_limit_are_counted_and_refused() {
        assert_eq!(parse(b"[0, [], {}]", 3).unwrap().len(), 3);
        let error = parse(b"[0, [], {}]", 2).unwrap_err();
        assert_eq!(error.to_string(), "timing.json lists 3 frames; the limit is 2");
    }
}
