//! `timing.json`: what the recorder wrote about each frame.
//!
//! Recorders wrote an array of rows, or an object with the array under `frames`; rows with `filename` or without;
//! numbers that are missing, `null` or nonsense. All of it is taken as it is here and judged in [`super::timeline`].

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{Error, Result};

/// One row of `timing.json`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FrameTiming {
    /// The entry that holds the frame, if the row names it.
    pub filename: Option<String>,
    /// When the frame was drawn, in ms since any epoch. Finite.
    pub timestamp: Option<f64>,
    /// How long it stayed, in ms, as the recorder thought. Finite.
    pub duration: Option<f64>,
}

/// Reads `timing.json` of any known form, in frame order. What is of no use is passed over without being stored, as a
/// file within its limit can hold millions of values.
///
/// # Errors
/// [`Error::Timing`] for what is not JSON, [`Error::TimingShape`] for JSON without an array of rows, [`Error::Limit`]
/// for more than `most` rows.
pub fn parse(json: &[u8], most: usize) -> Result<Vec<FrameTiming>> {
    let damaged = |error: serde_json::Error| Error::Timing { source: error.into() };
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    let repaired;
    let document: &RawValue = match serde_json::from_slice(json) {
        Ok(document) => document,
        Err(error) => {
            repaired = null_for_non_finite(json).ok_or_else(|| damaged(error))?;
            serde_json::from_slice(&repaired).map_err(damaged)?
        }
    };
    let list = match document.get().as_bytes().first() {
        Some(b'[') => document,
        Some(b'{') => serde_json::from_str::<Object>(document.get())
            .map_err(damaged)?
            .frames
            .filter(|frames| frames.get().starts_with('['))
            .ok_or(Error::TimingShape { found: "an object without frames" })?,
        Some(b'"') => return Err(Error::TimingShape { found: "a text" }),
        _ => return Err(Error::TimingShape { found: "a single value" }),
    };
    let (rows, count) =
        serde_json::Deserializer::from_str(list.get()).deserialize_seq(Rows { most }).map_err(damaged)?;
    if count > most {
        let (what, value) = ("timing.json lists".into(), format!("{count} frames"));
        return Err(Error::Limit { what, value, limit: most.to_string(), flag: Some("--max-frames") });
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

/// Python and others write bare `NaN` and `Infinity`, which JSON does not have. JavaScript writes `null` there.
fn null_for_non_finite(json: &[u8]) -> Option<Vec<u8>> {
    const WORDS: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];
    let mut out = Vec::with_capacity(json.len());
    let (mut rest, mut in_string) = (json, false);
    while let Some(&byte) = rest.first() {
        let word = WORDS.iter().find(|word| !in_string && rest.starts_with(word));
        let (text, taken) = match word {
            Some(word) => (&b"null"[..], word.len()),
            None if in_string && byte == b'\\' => (&rest[..rest.len().min(2)], 2),
            None => (&rest[..1], 1),
        };
        in_string ^= byte == b'"';
        out.extend_from_slice(text);
        rest = rest.get(taken..).unwrap_or_default();
    }
    (out != json).then_some(out)
}

/// What a row says that is of use; nothing, if it is no object.
fn row(value: &RawValue) -> FrameTiming {
    let row = value.get();
    let Some(row) = row.starts_with('{').then(|| serde_json::from_str::<Row>(row).ok()).flatten() else {
        return FrameTiming::default();
    };
    // A number too large for a float is none.
    let number = |value: Option<&RawValue>| value.and_then(|value| serde_json::from_str::<f64>(value.get()).ok());
    FrameTiming {
        filename: row.filename.and_then(|value| serde_json::from_str(value.get()).ok()),
        timestamp: number(row.timestamp),
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
            timestamps(r#"[{"timestamp":null},{"timestamp":"7"},{},[],3,[1,2,3],{"timestamp":1e999}]"#),
            [None; 7]
        );
    }

    #[test]
    fn bare_nan_and_infinity_read_as_missing_but_not_inside_texts() {
        let json = r#"[{"timestamp": NaN, "filename": "Na\"NaN"}, {"timestamp": -Infinity}, {"timestamp": 4}]"#;
        assert_eq!(timestamps(json), [None, None, Some(4.0)]);
        assert_eq!(parse(json.as_bytes(), 9).unwrap()[0].filename.as_deref(), Some("Na\"NaN"));
    }

    #[test]
    fn anything_else_is_refused() {
        for json in ["", "[", "{}", "7", "\"frames\"", "null", r#"{"frames": 3}"#, "[1,]", &"[".repeat(9999)] {
            assert!(parse(json.as_bytes(), 9).is_err(), "{json}");
        }
        assert!(parse(b"[\"\xff\"]", 9).is_err());
    }

    #[test]
    fn rows_beyond_the_limit_are_counted_and_refused() {
        assert_eq!(parse(b"[0, [], {}]", 3).unwrap().len(), 3);
        let error = parse(b"[0, [], {}]", 2).unwrap_err();
        assert_eq!(error.to_string(), "timing.json lists 3 frames; the limit is 2 (--max-frames)");
    }
}
