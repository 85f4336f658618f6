//! A lexicon's rule for one field.

use std::fmt::Display;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation;

use super::format::Format;
use super::model;
use super::violation::Violation;
use crate::record::blob::BlobRef;

/// The most characters of a text that a message quotes.
const QUOTED_CHARACTERS: usize = 60;

/// The rule for one field. Every field must have a description, because readers have no other documentation.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Rule {
    Boolean {
        #[serde(rename = "description")]
        _description: IgnoredAny,
    },
    Integer {
        #[serde(rename = "description")]
        _description: IgnoredAny,
        minimum: Option<i64>,
        maximum: Option<i64>,
    },
    String {
        #[serde(rename = "description")]
        _description: IgnoredAny,
        format: Option<Format>,
        /// In bytes, as is [`Rule::String::max_length`].
        min_length: Option<usize>,
        max_length: Option<usize>,
        /// In grapheme clusters, the user-perceived characters.
        max_graphemes: Option<usize>,
    },
    Blob {
        #[serde(rename = "description")]
        _description: IgnoredAny,
        /// MIME types; `*/*` and `image/*` are wildcards.
        accept: Option<Vec<String>>,
        max_size: Option<u64>,
    },
}

impl Rule {
    /// Checks the value of the field at `path`.
    pub fn check(&self, path: &str, value: &Value, violations: &mut Vec<Violation>) {
        let mut wrong = |what: String| violations.push(Violation::new(path, what));
        match self {
            Rule::Boolean { .. } if value.is_boolean() => {}
            Rule::Boolean { .. } => wrong(format!("is {}; expected a boolean", model::kind(value))),
            Rule::Integer { minimum, maximum, .. } => match model::integer(value) {
                None if value.is_number() => wrong(format!("is {value}; expected an integer of 53 bits")),
                None => wrong(format!("is {}; expected an integer", model::kind(value))),
                Some(integer) => bounds("is", integer, "", *minimum, *maximum).into_iter().for_each(wrong),
            },
            Rule::String { format, min_length, max_length, max_graphemes, .. } => match value {
                Value::String(text) => {
                    bounds("has", text.len(), " bytes", *min_length, *max_length).into_iter().for_each(&mut wrong);
                    if let Some(limit) = *max_graphemes {
                        let graphemes = text.graphemes(true).count();
                        bounds("has", graphemes, " graphemes", None, Some(limit)).into_iter().for_each(&mut wrong);
                    }
                    if let Some(format) = format.filter(|format| !format.matches(text)) {
                        wrong(format!("is {}; expected {}", quoted(text), format.example()));
                    }
                }
                other => wrong(format!("is {}; expected a string", model::kind(other))),
            },
            Rule::Blob { accept, max_size, .. } => match BlobRef::from_json(value) {
                None if value.get("cid").is_some() => {
                    wrong("is a blob in the old format, which cannot be written".into());
                }
                None => wrong(model::NO_BLOB.into()),
                Some(blob) => {
                    if let Some(accepted) = accept.as_ref().filter(|accepted| !accepts(accepted, &blob.mime_type)) {
                        wrong(format!("is {}; expected {}", quoted(&blob.mime_type), accepted.join(" or ")));
                    }
                    bounds("has", blob.size, " bytes", None, *max_size).into_iter().for_each(wrong);
                }
            },
        }
    }
}

/// The violation of a number that must lie between two bounds.
fn bounds<N: Copy + PartialOrd + Display>(
    verb: &str,
    number: N,
    unit: &str,
    least: Option<N>,
    most: Option<N>,
) -> Option<String> {
    if let Some(least) = least.filter(|least| number < *least) {
        return Some(format!("{verb} {number}{unit}; the minimum is {least}"));
    }
    most.filter(|most| number > *most).map(|most| format!("{verb} {number}{unit}; the limit is {most}"))
}

fn accepts(accepted: &[String], mime_type: &str) -> bool {
    accepted.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some("*/") => true,
        Some(family) => mime_type.starts_with(family),
        None => mime_type == pattern,
    })
}

fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED_CHARACTERS) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
