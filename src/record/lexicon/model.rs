//! Checks values against the data model, independent of any lexicon.

use cid::{Cid, Version};
use serde_json::{Map, Value};

use super::violation::Violation;
use crate::record::blob::BlobRef;

/// The largest integer that every reader represents exactly: JavaScript has only doubles.
const MAX_INTEGER: i64 = (1 << 53) - 1;

/// The type of a value, with an article.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A number as an integer, if every reader represents it exactly.
pub fn integer(value: &Value) -> Option<i64> {
    value.as_i64().filter(|integer| (-MAX_INTEGER..=MAX_INTEGER).contains(integer))
}

/// Checks a value and everything in it.
pub fn check(path: &str, value: &Value, violations: &mut Vec<Violation>) {
    match value {
        Value::Number(number) if integer(value).is_none() => {
            violations.push(Violation::new(path, format!("is {number}; numbers in records are integers of 53 bits")));
        }
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Number(_) => {}
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                check(&format!("{path}[{index}]"), value, violations);
            }
        }
        Value::Object(fields) => check_object(path, value, fields, violations),
    }
}

/// Objects can represent values that JSON lacks: links, bytes and blobs.
fn check_object(path: &str, value: &Value, fields: &Map<String, Value>, violations: &mut Vec<Violation>) {
    let mut wrong = |what: &str| violations.push(Violation::new(path, what));
    if let Some(link) = fields.get("$link") {
        if fields.len() > 1 || !link.as_str().is_some_and(is_link) {
            wrong("is not a link; expected $link with a cid and nothing else");
        }
    } else if let Some(bytes) = fields.get("$bytes") {
        if fields.len() > 1 || !bytes.as_str().is_some_and(is_base64) {
            wrong("is not bytes; expected $bytes with base64 and nothing else");
        }
    } else {
        match fields.get("$type") {
            Some(Value::String(name)) if name == "blob" => {
                if BlobRef::from_json(value).is_none() {
                    wrong(NO_BLOB);
                }
                return;
            }
            Some(Value::String(name)) if !name.is_empty() => {}
            None => {}
            Some(_) => wrong("has a $type that is not a name"),
        }
        for (name, value) in fields {
            check(&format!("{path}.{name}"), value, violations);
        }
    }
}

/// The violation of a value that should be a blob and is not.
pub const NO_BLOB: &str = "is not a blob; expected $type, ref, mimeType and size";

/// Whether this is a CID in the form that all readers accept. None accepts version 0, which starts with `Qm`.
fn is_link(link: &str) -> bool {
    Cid::try_from(link).is_ok_and(|cid| cid.version() == Version::V1 && cid.to_string() == link)
}

fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    text.len() - digits.len() <= 2
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}
