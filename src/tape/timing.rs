//! `timing.json`: what the recorder wrote about each frame.
//!
//! Recorders wrote an array of rows, or an object with the array under `frames`; rows with `filename` or without;
//! numbers that are missing, `null` or nonsense. All of it is taken as it is here and judged in [`super::timeline`].

use serde_json::Value;

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

/// Reads `timing.json` of any known form, in frame order.
///
/// # Errors
/// [`Error::Timing`] for what is not JSON, [`Error::TimingShape`] for JSON without an array of rows.
pub fn parse(json: &[u8]) -> Result<Vec<FrameTiming>> {
    let rows = match read(json).map_err(|error| Error::Timing { source: error.into() })? {
        Value::Array(rows) => rows,
        Value::Object(mut object) => match object.remove("frames") {
            Some(Value::Array(rows)) => rows,
            _ => return Err(Error::TimingShape { found: "an object without frames" }),
        },
        Value::String(_) => return Err(Error::TimingShape { found: "a text" }),
        Value::Null | Value::Bool(_) | Value::Number(_) => return Err(Error::TimingShape { found: "a single value" }),
    };
    Ok(rows.iter().map(row).collect())
}

fn read(json: &[u8]) -> serde_json::Result<Value> {
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    serde_json::from_slice(json).or_else(|error| match null_for_non_finite(json) {
        Some(json) => serde_json::from_slice(&json),
        None => Err(error),
    })
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

fn row(row: &Value) -> FrameTiming {
    let number = |key| row.get(key).and_then(Value::as_f64).filter(|number| number.is_finite());
    FrameTiming {
        filename: row.get("filename").and_then(Value::as_str).map(str::to_owned),
        timestamp: number("timestamp"),
        duration: number("duration"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timestamps(json: &str) -> Vec<Option<f64>> {
        parse(json.as_bytes()).unwrap().iter().map(|row| row.timestamp).collect()
    }

    #[test]
    fn an_array_and_an_object_with_frames_read_alike() {
        let array = r#"[{"timestamp": 1.5, "duration": 16.67}, {"timestamp": 18}]"#;
        assert_eq!(parse(array.as_bytes()).unwrap(), parse(format!("{{\"frames\":{array}}}").as_bytes()).unwrap());
        assert_eq!(timestamps(array), [Some(1.5), Some(18.0)]);
    }

    #[test]
    fn what_is_no_number_is_no_timestamp() {
        assert_eq!(timestamps(r#"[{"timestamp":null},{"timestamp":"7"},{},[],3]"#), [None; 5]);
    }

    #[test]
    fn bare_nan_and_infinity_read_as_missing_but_not_inside_texts() {
        let json = r#"[{"timestamp": NaN, "filename": "Na\"NaN"}, {"timestamp": -Infinity}, {"timestamp": 4}]"#;
        assert_eq!(timestamps(json), [None, None, Some(4.0)]);
        assert_eq!(parse(json.as_bytes()).unwrap()[0].filename.as_deref(), Some("Na\"NaN"));
    }

    #[test]
    fn anything_else_is_refused() {
        for json in ["", "[", "{}", "7", "\"frames\"", "null", r#"{"frames": 3}"#, "[1,]", &"[".repeat(9999)] {
            assert!(parse(json.as_bytes()).is_err(), "{json}");
        }
        assert!(parse(b"[\"\xff\"]").is_err());
    }
}
