//! What the data model allows anywhere in a record, whatever its lexicon says.

use cid::{Cid, Version};
use serde_json::{Map, Value};

use super::violation::Violation;
use crate::record::blob::BlobRef;

/// The largest integer that every reader gets right: JavaScript has nothing but doubles.
const MAX_INTEGER: i64 = (1 << 53) - 1;

/// What a value is, with its article.
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

/// A number as the integer it is, if every reader agrees on it.
pub fn integer(value: &Value) -> Option<i64> {
    value.as_i64().filter(|integer| (-MAX_INTEGER..=MAX_INTEGER).contains(integer))
}

/// Checks a value and all that lies within.
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

/// Objects can stand for what JSON has no form for: links, bytes and blobs.
fn check_object(path: &str, value: &Value, fields: &Map<String, Value>, violations: &mut Vec<Violation>) {
    let mut wrong = |what: &str| violations.push(Violation::new(path, what));
    if let Some(link) = fields.get("$link") {
        if fields.len() > 1 || !link.as_str().is_some_and(is_link) {
            wrong("is no link; expected $link with a cid and nothing else");
        }
    } else if let Some(bytes) = fields.get("$bytes") {
        if fields.len() > 1 || !bytes.as_str().is_some_and(is_base64) {
            wrong("is no bytes; expected $bytes with base64 and nothing else");
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
            Some(_) => wrong("has a $type that is no name"),
        }
        for (name, value) in fields {
            check(&format!("{path}.{name}"), value, violations);
        }
    }
}

/// What is wrong with something that should be a blob and is not.
pub const NO_BLOB: &str = "is no blob; expected $type, ref, mimeType and size";

/// Whether this is a CID as all that read repos write it; those of version 0, which begin with `Qm`, nobody takes.
fn is_link(link: &str) -> bool {
    Cid::try_from(link).is_ok_and(|cid| cid.version() == Version::V1 && cid.to_string() == link)
}

fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    text.len() - digits.len() <= 2
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}
